-- Markdown and HTML to Typst, many pieces in one process:
--   pandoc lua markdown.lua request.json > results.json
-- A request is {known, pieces}: known ids, and pieces {text, formulas, format, inline,
-- where, scope, table_only}. A piece's result is {typst, images, links, problems,
-- fallbacks, title}. Nothing is dropped silently: what cannot be shown is a problem, and
-- its source stands in its place.
-- Markdown becomes HTML first, as in JupyterLab, so that one reader sees both.

package.path = arg[0]:match("^(.*)[/\\]") .. "/?.lua"
local formulas = require("formulas")
local tables = require("tables")
local spaces = require("spaces")
local strings = require("strings")

local MARKDOWN = "commonmark+pipe_tables+strikeout+task_lists+autolink_bare_uris"
local HTML = "html-auto_identifiers"
local NOTHING = {}      -- no file and no network for pandoc's readers

local request = pandoc.json.decode(io.open(arg[1]):read("a"), false)
local owners = request.known    -- id that references may point to -> where it is given
local anchors = {}      -- per notebook: JupyterLab's anchor of a heading -> label
local labelled = {}     -- ids of formulas that have been written
local macros = {}       -- per notebook: its \newcommand and their like
local n_labels, last_level, top_level = 0, 0, 6
local piece, result     -- those at hand

local raw_inline = function(s) return pandoc.RawInline("typst", s) end
local raw_block = function(s) return pandoc.RawBlock("typst", s) end

local function problem(message) table.insert(result.problems, message) end

local function new_label()
  n_labels = n_labels + 1
  return "lugar:" .. n_labels
end

-- The id as a label, unless it cannot be one.
local function own(id)
  if not strings.is_label(id) then
    problem(("the id '%s' may hold only letters, digits, points, colons, hyphens and "
      .. "underscores."):format(id))
  elseif owners[id] then
    problem(("The id '%s' is given twice: in %s and in %s."):format(
      id, owners[id], piece.where))
  else
    owners[id] = piece.where
    return id
  end
end

-- Code that Typst may refuse, between comments by which Python finds it again.
local function fallible(code, fallback)
  table.insert(result.fallbacks, fallback)
  local mark = ("%s.%d"):format(piece.number, #result.fallbacks)
  return ("/*\u{e004}%s*/%s/*\u{e005}%s*/"):format(mark, code, mark)
end

-- Formulas --------------------------------------------------------------------

local SHORT = 24        -- letters of TeX: a formula in the text that no line may break
local DEFINITIONS = {
  "\\[rnp]%l*command%*?%s*{?\\%a+}?[%[%]%w%s]*%b{}", "\\def\\%a+[#%d]*%b{}",
  "\\DeclareMathOperator%*?%s*{?\\%a+}?%s*%b{}",
}

-- Notes the macros that a formula defines, and returns what else it says.
local function take_macros(tex)
  for _, pattern in ipairs(DEFINITIONS) do
    tex = tex:gsub(pattern, function(definition)
      macros[piece.scope] = (macros[piece.scope] or "") .. definition .. "\n"
      return ""
    end)
  end
  return strings.trim(tex)
end

local function expand(tex)
  local known = macros[piece.scope]
  if not known then return tex end
  local doc = pandoc.read(known .. "\n$" .. tex .. "$", "latex", nil, NOTHING)
  local found = {}
  doc:walk { Math = function(element) table.insert(found, element.text) end }
  return #found == 1 and found[1] or tex
end

local function equation(element, id)
  local tex, block = element.text, element.mathtype == "DisplayMath"
  local own_id = tex:match("\\label{([^}]*)}")
  if owners[own_id or ""] == piece.where and not labelled[own_id] then id = own_id end
  labelled[id or ""] = true
  local alt = strings.quote(strings.squeeze(tex))
  local source = "#raw(" .. alt .. ")"
  local ok, typst = pcall(function() return formulas.to_typst(expand(tex)) end)
  if not ok then
    problem(("formula $%s$: %s"):format(strings.squeeze(tex), typst))
    return raw_inline(source)
  end
  local numbering = id and ', numbering: "(1)"' or ""
  local space = block and " " or ""
  local code = ("formula(block: %s, alt: %s%s, $%s%s%s$)"):format(
    block, alt, numbering, space, typst, space)
  if not block and #tex <= SHORT then code = "box(" .. code .. ")" end
  return raw_inline(fallible("#" .. code .. (id and " <" .. id .. ">" or ""), source))
end

-- Links, anchors and images ---------------------------------------------------

local function reference(id)
  local key = id:match("^bib%-(.+)$")
  return raw_inline(("#%s(<%s>)"):format(key and "cite" or "ref", key or id))
end

local function formula(element)
  local id = element.text:match("^\\%l*ref{(.*)}$")
  if id and owners[id] then return reference(id) end
  if id then
    problem("the reference " .. element.text .. " points to nothing.")
    return pandoc.Str(element.text)
  end
  return equation(element)
end

local function link(element)
  local target = element.target:match("^#(.+)$")
  if not target then
    local scheme = element.target:match("^%s*(%a[%w+.-]*):")
    local harmless = not scheme or ("http https mailto ftp"):find(scheme:lower(), 1, true)
    return element.target ~= "" and element.target ~= "#" and harmless
      and pandoc.Link(element.content, element.target) or element.content
  end
  target = strings.decode_url(target)
  local known = anchors[piece.scope] or {}
  local label = known[target] or known[target:lower()]
  if label then
    local content = strings.write(element.content)
    return raw_inline(("#link(<%s>)[%s]"):format(label, content))
  elseif owners[target] then
    return reference(target)
  end
  local text = pandoc.utils.stringify(element.content)
  table.insert(result.links, { target = target, text = text })
  return element.content
end

-- A place that links go to, or an element's own id in it.
local function span(element)
  local first = element.content[1]
  if element.attributes.own and first and first.t == "Math" then
    return equation(first, element.attributes.own)
  elseif element.attributes.label then
    return { raw_inline(("#metadata(none)<%s>"):format(element.attributes.label)),
      table.unpack(element.content) }
  end
  return element.content
end

local function image(element)
  local alt = pandoc.utils.stringify(element.caption)
  if element.src:find("^https?:") then    -- never fetched: the report is made offline
    return pandoc.Link(alt ~= "" and alt or element.src, element.src)
  end
  if alt == "" then alt = element.src:gsub("^data:.*", "imagen") end
  table.insert(result.images, { src = element.src, alt = alt,
    width = strings.length(element.attributes.width) })
  return raw_inline(("\u{e002}%d\u{e003}"):format(#result.images))
end

-- Blocks ----------------------------------------------------------------------

-- A level is never skipped (PDF/UA forbids it), and the highest in use is 1.
local function heading(element)
  local content, part = element.content, nil
  if #content == 0 then return {} end
  local first, second = content[1], content[3]
  if first.text == "Parte" and second and second.text:find("^%d+[.:]$") then
    for _ = 1, 4 do content:remove(1) end
    part = tonumber(second.text:match("%d+"))
  end
  local level = math.min(element.level - top_level + 1, last_level + 1)
  last_level = level
  local counter = part and ("#counter(heading).update(%d)\n"):format(part - 1) or ""
  local numbered = not element.classes:includes("unnumbered")
    and not pandoc.utils.stringify(content):find("^%d+[.)]")    -- by hand
  local plain = numbered and "" or ", numbering: none"
  local before = level == 2 and "#antes-de-seccion\n" or ""
  return raw_block(("%s%s#heading(level: %d%s)[%s] <%s>"):format(
    before, counter, level, plain, strings.write(content), element.identifier))
end

local function listing(element)
  local language = element.classes[1]
  return raw_block(("#listado(%s, lang: %s)"):format(
    strings.quote(element.text), language and strings.quote(language) or "none"))
end

-- Boxes for notes: JupyterLab's alerts, and what has a border or a ground of its own.
local function division(element)
  local style = element.attributes.style or ""
  local boxed = style:find("border") or style:find("background")
    or element.classes:find_if(function(class) return class:find("^alert") end)
  local blocks = pandoc.Blocks(element.content)
  if element.attributes.label then
    blocks:insert(1, raw_block(("#metadata(none)<%s>"):format(element.attributes.label)))
  end
  if boxed then
    blocks:insert(1, raw_block("#aviso["))
    blocks:insert(raw_block("]"))
  end
  return blocks
end

local function figure(element)
  local caption = pandoc.utils.blocks_to_inlines(element.caption.long)
  local blocks = pandoc.Blocks(element.content)
  if #caption > 0 then blocks:insert(pandoc.Para(caption)) end
  return blocks
end

-- Typst would make one sign of three points.
local function word(element)
  if element.text:find("...", 1, true) then
    return raw_inline("#" .. strings.quote(element.text) .. ";")
  end
end

local WRITE = {
  traverse = "topdown", Str = word,
  Math = formula, Span = span, Link = link, Image = image,
  Div = division, Figure = figure,
}

-- Reading ---------------------------------------------------------------------

local function formula_source(number)
  local found = piece.formulas[tonumber(number)]
  return found and found.source
end

local function restore(text)
  return (text:gsub("\u{e010}(%d+)\u{e011}", formula_source))
end

-- A text in which formulas stand as numbers, with the formulas in it.
local function put_formulas(element)
  if not element.text:find("\u{e010}", 1, true) then return nil end
  local out, rest = pandoc.Inlines {}, element.text
  for before, number in element.text:gmatch("(.-)\u{e010}(%d+)\u{e011}") do
    local found = piece.formulas[tonumber(number)]
    if before ~= "" then out:insert(before) end
    local tex = found and take_macros(found.tex) or ""
    local id = tex:match("\\label{([^}]*)}")
    if id then own(id) end
    if tex ~= "" then
      out:insert(pandoc.Math(found.display and "DisplayMath" or "InlineMath", tex))
    end
    rest = rest:sub(#before + #number + 7)
  end
  if rest ~= "" then out:insert(rest) end
  return out
end

local function restore_code(element)
  element.text = restore(element.text)
  return element
end

-- The id in a comment such as `<!-- #sec-datos -->`, which Python has made a span, and
-- the text without it. (JupyterLab would show pandoc's {#sec-datos}.)
local function take_id(inlines)
  local id
  local rest = inlines:filter(function(element)
    local found = element.t == "Span" and element.attributes.id_
    id = id or found
    return not found
  end)
  while #rest > 0 and rest[#rest].t == "Space" do rest:remove() end
  return id, rest
end

-- `$$ … $$ <!-- #eq-loss -->` as a Span that carries the id.
local function label_formulas(inlines)
  local out = pandoc.Inlines {}
  for _, element in ipairs(inlines) do
    local id = element.t == "Span" and element.attributes.id_
    while id and #out > 1 and (out[#out].t == "Space" or out[#out].t == "SoftBreak") do
      out:remove()
    end
    if id and #out > 0 and out[#out].t == "Math" then
      out[#out].mathtype = "DisplayMath"
      out[#out] = pandoc.Span({ out[#out] }, pandoc.Attr("", {}, { own = own(id) }))
    else
      out:insert(element)
    end
  end
  return out
end

-- A paragraph that starts with a colon, below a table, is its caption.
local function join_captions(blocks)
  for i = #blocks, 2, -1 do
    local words, above = blocks[i].content, blocks[i - 1]
    if above.t == "Table" and blocks[i].t == "Para" and words[1].text == ":" then
      words:remove(1)
      local id, caption = take_id(words)
      above.caption.long = { pandoc.Plain(caption) }
      above.identifier = id and own(id) or ""
      blocks[i - 1] = above
      blocks:remove(i)
    end
  end
  return blocks
end

local function slug(text)
  return (text:lower():gsub("[%c%p]", function(c)
    return (c == "-" or c == "_") and c or ""
  end):gsub(" ", "-"))
end

local function note_anchor(label, ...)
  anchors[piece.scope] = anchors[piece.scope] or {}
  for _, name in ipairs { ... } do
    if name ~= "" and not anchors[piece.scope][name] then
      anchors[piece.scope][name] = label
    end
  end
end

-- Every place gets a label before any text is written: links can point forward.
local function register_heading(element)
  local id, content = take_id(element.content)
  if #content > 0 and content[#content].text == "{.unnumbered}" then
    content:remove()
    content:remove()
    element.classes:insert("unnumbered")
  end
  local text = strings.trim(pandoc.utils.stringify(content))
  element.content = content
  local label = id and own(id) or new_label()
  note_anchor(label, element.identifier, text:gsub(" ", "-"), slug(text))
  element.identifier = label
  element.content = element.content:walk { Span = function(place)
    note_anchor(label, place.identifier, place.attributes.name or "")
    return place.content
  end }
  if #element.content > 0 then top_level = math.min(top_level, element.level) end
  if element.level == 1 then result.title = result.title or text end
  return element
end

local function register_place(element)
  local name = element.identifier ~= "" and element.identifier
    or element.attributes.name or ""
  if name ~= "" then
    element.attributes.label = new_label()
    note_anchor(element.attributes.label, name)
  end
  return element
end

-- What a stranger's HTML says beyond this ends nowhere.
local function clean(element)
  local given = element.attributes
  element.attributes = { style = given.style, name = given.name, id_ = given.id_ }
  return element
end

local UNFOLD = {
  { Span = clean, Div = clean,
    Code = function(element) return pandoc.Code(element.text) end,
    Table = function(element)
      element.identifier = ""
      return element
    end },
  { Str = put_formulas, Code = restore_code, CodeBlock = restore_code },
  { Inlines = function(inlines) return spaces.keep(label_formulas(inlines)) end,
    Blocks = join_captions },
  { Header = register_heading },
  { Span = register_place, Div = register_place },
}

local function read_text()
  local html = piece.text
  if piece.format == "latex" then
    return pandoc.read(piece.text, "latex", nil, NOTHING)
  elseif piece.format == "markdown" then
    local options = pandoc.WriterOptions {
      wrap_text = "none", highlight_method = "none" }
    html = pandoc.write(pandoc.read(html, MARKDOWN, nil, NOTHING), "html", options)
  end
  for _, tag in ipairs { "iframe", "video", "audio", "embed", "source" } do
    html = html:gsub("<" .. tag .. "%f[%s][^>]-src%s*=%s*([\"'])(.-)%1[^>]*>", function(_, src)
      return src:find("^https?:") and ('<a href="%s">%s</a> '):format(src, src)
    end)
  end
  return pandoc.read(html, HTML, nil, NOTHING)
end

local function read(state)
  local _, doc = pandoc.log.silence(read_text)
  for _, filter in ipairs(UNFOLD) do doc = doc:walk(filter) end
  state.doc = doc
end

-- Writing ---------------------------------------------------------------------

local function is_shown(doc)
  local table_, any = false, false
  doc:walk {
    Table = function() table_ = true end,
    Image = function() any, table_ = true, true end,
    Math = function() any = true end, HorizontalRule = function() any = true end,
  }
  if piece.table_only then return table_ end
  return any or table_ or strings.trim(pandoc.utils.stringify(doc)) ~= ""
end

local function write(state)
  if not state.doc or not is_shown(state.doc) then return end
  local doc = state.doc:walk(WRITE):walk { Header = heading, CodeBlock = listing }
  doc = doc:walk { Table = function(element)
    return raw_block(tables.to_typst(element))
  end }
  if piece.inline then
    result.typst = strings.write(pandoc.utils.blocks_to_inlines(doc.blocks))
  else
    result.typst = strings.write_blocks(doc.blocks)
  end
end

-- What fails in spite of all is shown as its source.
local function safely(action, state)
  piece, result = state.piece, state.result
  local ok, message = pcall(action, state)
  if ok then return end
  problem(tostring(message))
  state.doc, result.typst = nil, "#salida(" .. strings.quote(piece.text) .. ")"
end

local states, results = {}, {}
for i, item in ipairs(request.pieces) do
  item.number = i - 1
  results[i] = { links = {}, images = {}, problems = {}, fallbacks = {} }
  states[i] = { piece = item, result = results[i] }
end
for _, state in ipairs(states) do safely(read, state) end
for _, state in ipairs(states) do safely(write, state) end
io.write(#results > 0 and pandoc.json.encode(results) or "[]")
