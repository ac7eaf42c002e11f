-- Spaces at which no line may break: thin before a unit, of a word's width around a sign
-- and between a name and its number. So the notebooks' own prose agrees with what
-- informe/numbers.py writes.

local spaces = {}

local THIN, WORD = "\u{202f}", "\u{a0}"

local function set(words)
  local found = {}
  for word in words:gmatch("%S+") do found[word] = true end
  return found
end

local UNITS = set("% s ms min h B kB MB GB KiB MiB GiB")
local SIGNS = set("± = < > ≤ ≥ ≈ × + −")
local NAMES = set([[semilla semillas época épocas clase clases lote lotes figura tabla
  sección parte capítulo listado página]])
local PUNCTUATION = "[,.;:)%]]*$"

local function text(element)
  if not element then return "" end
  if element.t ~= "Str" and element.t ~= "Emph" and element.t ~= "Math" then return "" end
  return element.text or pandoc.utils.stringify(element)
end

-- «8» is a class's name, as digits are.
local function starts_number(s) return s:find("^[+]?%d") or s:find("^−%d")
  or s:find("^«%d") end

local function kept(before, after)
  local bare = after:gsub(PUNCTUATION, "")
  if before:find("%d$") and UNITS[bare] then return THIN end
  if SIGNS[before] or SIGNS[bare] then return WORD end
  if NAMES[before:gsub("^[(¿«]+", ""):lower()] and starts_number(after) then
    return WORD
  end
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
