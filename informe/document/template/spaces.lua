-- Spaces at which no line may break: thin before a unit, a word's width around a sign
-- and between a name and its number. So the notebooks' own prose agrees with what
-- informe/numbers.py writes.

local spaces = {}

local THIN, WORD = "\u{202f}", "\u{a0}"
local UNITS = " % s ms min h B kB MB GB KiB MiB GiB "
local SIGNS = " ± = < > ≤ ≥ ≈ × + − "
local NAMES = " semilla semillas época épocas clase clases lote lotes figura tabla "
  .. "sección parte capítulo listado página "

local function is_one_of(words, s) return words:find(" " .. s .. " ", 1, true) end

local function text(element)    -- code says what it says
  local is_text = (" Str Emph Math "):find(" " .. element.t .. " ", 1, true)
  return is_text and (element.text or pandoc.utils.stringify(element)) or ""
end

local function kept(before, after)
  local bare = after:gsub("[,.;:)%]]*$", "")
  if before:find("%d$") and is_one_of(UNITS, bare) then return THIN end
  local name = before:gsub("^[(¿«]+", ""):lower()
  if is_one_of(SIGNS, before) or is_one_of(SIGNS, bare)
    or is_one_of(NAMES, name) and after:find("^[+−«]*%d")   -- «8» is a class's name
  then return WORD end
end

--- The same inlines, in which those spaces hold their neighbours together.
function spaces.keep(inlines)
  for i = 2, #inlines - 1 do
    if inlines[i].t == "Space" or inlines[i].t == "SoftBreak" then
      local space = kept(text(inlines[i - 1]), text(inlines[i + 1]))
      if space then inlines[i] = pandoc.Str(space) end
    end
  end
  return inlines
end

return spaces
