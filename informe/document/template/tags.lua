-- HTML inside Markdown text: tags become pandoc's elements, comments may carry an id.

local tags = {}

local ELEMENTS = {
  b = pandoc.Strong, strong = pandoc.Strong, i = pandoc.Emph, em = pandoc.Emph,
  u = pandoc.Underline, s = pandoc.Strikeout, del = pandoc.Strikeout,
  sub = pandoc.Subscript, sup = pandoc.Superscript,
  code = function(content) return pandoc.Code(pandoc.utils.stringify(content)) end,
}
ELEMENTS.kbd = ELEMENTS.code

local function html(element)
  return element.t == "RawInline" and element.format == "html" and element.text or nil
end

local function last_opening(stack, name)
  for i = #stack, 2, -1 do
    if stack[i].name == name then return i end
  end
end

-- What was opened and never closed has lost its tag but keeps its text.
local function close(stack, depth, wrap)
  while #stack > depth do
    local level = table.remove(stack)
    local content = pandoc.Inlines(level.content)
    if #stack == depth and wrap then content = pandoc.Inlines { wrap(content) } end
    pandoc.List.extend(stack[#stack].content, content)
  end
end

--- Pairs `<b>` … `</b>` and the like; other tags go, and the text within them stays.
function tags.pair(inlines)
  local stack = { { content = pandoc.List {} } }
  for _, element in ipairs(inlines) do
    local tag = html(element)
    local name = tag and (tag:match("^</?(%a+)") or ""):lower()
    local add = function(e) stack[#stack].content:insert(e) end
    if not tag or tag:find("^<!%-%-") then add(element)
    elseif name == "br" then add(pandoc.LineBreak())
    elseif name == "img" then
      local doc = pandoc.read(tag, "html")
      stack[#stack].content:extend(pandoc.utils.blocks_to_inlines(doc.blocks))
    elseif ELEMENTS[name] and not tag:find("^</") then
      table.insert(stack, { name = name, content = pandoc.List {} })
    elseif ELEMENTS[name] then
      local depth = last_opening(stack, name)
      if depth then close(stack, depth - 1, ELEMENTS[name]) end
    end
  end
  close(stack, 1)
  return pandoc.Inlines(stack[1].content)
end

local function comment_id(element)
  return (html(element) or ""):match("^<!%-%-%s*#([%w_.:-]+)%s*%-%->$")
end

--- The id in a comment such as `<!-- #sec-datos -->`, and the text without it.
-- The comment is invisible in JupyterLab, where pandoc's {#sec-datos} would be shown.
function tags.take_id(inlines)
  local id
  local rest = inlines:filter(function(element)
    local found = comment_id(element)
    id = id or found
    return not found
  end)
  while #rest > 0 and rest[#rest].t == "Space" do rest:remove() end
  return id, rest
end

--- `$$ … $$ <!-- #eq-loss -->` as a Span that carries the id.
-- (JupyterLab's MathJax shows \label as an error when it draws the cell again.)
function tags.label_formulas(inlines)
  local out = pandoc.Inlines {}
  for _, element in ipairs(inlines) do
    local id = comment_id(element)
    while id and #out > 1 and (out[#out].t == "Space" or out[#out].t == "SoftBreak") do
      out:remove()
    end
    if id and #out > 0 and out[#out].t == "Math" then
      out[#out] = pandoc.Span({ out[#out] }, pandoc.Attr(id))
    else
      out:insert(element)
    end
  end
  return out
end

return tags
