-- Small conversions between pandoc's elements, plain text and Typst's code.

local strings = {}

function strings.trim(s) return (s:gsub("^%s+", ""):gsub("%s+$", "")) end

function strings.squeeze(s) return (strings.trim(s):gsub("%s+", " ")) end

--- A Typst string literal.
function strings.quote(s)
  return '"' .. s:gsub("\\", "\\\\"):gsub('"', '\\"'):gsub("\n", "\\n") .. '"'
end

function strings.write_blocks(blocks)
  local options = pandoc.WriterOptions { wrap_text = "none" }
  return (pandoc.write(pandoc.Pandoc(blocks), "typst", options):gsub("%s+$", ""))
end

function strings.write(inlines)
  return strings.write_blocks { pandoc.Plain(inlines) }
end

function strings.decode_url(url)
  return (url:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

function strings.is_label(s) return s:find("^[%w_][%w_.:-]*$") ~= nil end

--- A Typst length for an HTML width: pixels or percent.
function strings.length(width)
  local number, unit = (width or ""):match("^(%d+%.?%d*)(%%?)")
  if not number then return "auto" end
  return unit == "%" and number .. "%" or tonumber(number) * 0.75 .. "pt"
end

return strings
