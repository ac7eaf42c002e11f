-- Markdown and HTML to Typst, many pieces in one process:
--   pandoc lua markdown.lua < request.json > results.json
-- A request is {known, pieces}: known ids, and pieces {text, formulas, format, id,
-- where, scope}. A piece's result is {typst, owned, parts, problems, title}: parts are
-- formulas and images, for which a token stands in its Typst.
-- Nothing is dropped silently: what cannot be shown is a problem, and its source stands
-- in its place.
-- Markdown becomes HTML first, as in JupyterLab, so that one reader sees both.

package.path = arg[0]:match("^(.*)[/\\]") .. "/?.lua"
local formulas = require("formulas")
local spaces = require("spaces")
local typst = require("typst")

local MARKDOWN = "commonmark+pipe_tables+strikeout+task_lists+autolink_bare_uris"
local HTML = "html-auto_identifiers"
local NUMBER = "\u{e010}(%d+)\u{e011}"
local EMBEDDED = " iframe video audio embed source object "
local NOTHING = {}      -- no file and no network for pandoc's readers

local request = pandoc.json.decode(io.read("a"), false)
local owners = request.known    -- id that references may point to -> where it is given
local anchors = {}      -- a notebook's place -> label
local macros = {}       -- per notebook: its \newcommand and their like
local n_labels, last_level, top_level = 0, 0, 6
local docs = {}         -- by piece
local piece, result     -- those at hand

local raw_inline = function(s) return pandoc.RawInline("typst", s) end
local raw_block = function(s) return pandoc.RawBlock("typst", s) end

local function problem(message, ...)
  table.insert(result.problems, message:format(...))
end

local function part(made)
  table.insert(result.parts, made)
  return raw_inline(("\u{e002}%d\u{e003}"):format(#result.parts))
end

local function new_label()
  n_labels = n_labels + 1
  return "lugar:" .. n_labels
end

-- The key of a place in `anchors`, as JupyterLab and others name it in addresses.
local function anchor(name)
  return piece.scope .. "#" .. name:lower():gsub(" ", "-"):gsub("[^%w_\128-\255-]", "")
end

local function note_anchor(name, label)
  anchors[anchor(name)] = anchors[anchor(name)] or label
end

-- The id as a label, unless it cannot be one.
local function own(id)
  if not id:find("^[%w_][%w_.:-]*$") then
    problem("the id '%s' may hold only letters, digits, points, colons, hyphens and "
      .. "underscores.", id)
  elseif owners[id] then
    problem("The id '%s' is given twice: in %s and in %s.", id, owners[id], piece.where)
  else
    owners[id] = piece.where
    return id
  end
end

-- Formulas --------------------------------------------------------------------

local SHORT = 24        -- letters of TeX: a formula in the text that no line may break
local DEFINITIONS = {
  "\\[rnp]%l*command%*?%s*{?\\%a+}?[%[%]%w%s]*%b{}", "\\def\\%a+[#%d]*%b{}",
  "\\DeclareMathOperator%*?%s*{?\\%a+}?%s*%b{}",
}

-- Notes the macros that a formula defines; it begins with its \label if it has one.
local function note_formula(element)
  local id
  local tex = element.text:gsub("\\let%s*(\\%a+)%s*=?%s*(\\%a+)", "\\def%1{%2}")
  for _, pattern in ipairs(DEFINITIONS) do
    tex = tex:gsub(pattern, function(definition)
      macros[piece.scope] = (macros[piece.scope] or "") .. definition .. "\n"
      return ""
    end)
  end
  tex = tex:gsub("%s*\\label{([^}]*)}", function(name)
    id = id or own(name)
    return ""
  end)
  if not tex:find("%S") then return pandoc.Str("") end
  return pandoc.Math(element.mathtype, (id and "\\label{" .. id .. "}" or "") .. tex)
end

local function equation(element)
  local block = element.mathtype == "DisplayMath"
  local id = element.text:match("^\\label{(.-)}")
  local tex = typst.squeeze(element.text:gsub("^\\label%b{}", ""))
  local tag = id and tex:match("\\tag%*?{(.-)}")
  if tag then element.text = element.text:gsub("\\tag%*?%b{}", "") end
  local alt = typst.quote(tex)
  local source = "#raw(" .. alt .. ")"
  local ok, made = pcall(formulas.to_typst, element.text, macros[piece.scope] or "")
  if not ok then
    problem("formula $%s$: %s", tex, made)
    return raw_inline(source)
  end
  local number = tag and "_ => " .. typst.quote("(" .. tag .. ")") or '"(1)"'
  local code = ("formula(block: %s, alt: %s%s, $%s$)"):format(block, alt,
    id and ", numbering: " .. number or "", block and " " .. made .. " " or made)
  if not block and #tex <= SHORT then code = "box(" .. code .. ")" end
  if id then code = code .. " <" .. id .. ">" end
  return part { code = "#" .. code, source = source }
end

-- Links and images ------------------------------------------------------------

local function reference(id)
  local key = id:match("^bib%-(.+)$")
  return raw_inline(("#%s(<%s>)"):format(key and "cite" or "ref", key or id))
end

local function formula(element)
  local id = element.text:match("^\\e?q?ref{(.*)}$")
  if not id then return equation(element) end
  if owners[id] then return reference(id) end
  problem("the reference %s points to nothing.", element.text)
  return pandoc.Str(element.text)
end

local function link(element)
  local place = element.target:match("^#(.+)$")
  if not place then
    local bare = element.target:gsub("[%c%s]", "")    -- as browsers read it
    local scheme = (bare:match("^(%a[%w+.-]*):") or "http"):lower()
    local leads = element.target ~= "" and element.target ~= "#"
      and ("http https mailto ftp"):find(scheme, 1, true)
    return leads and pandoc.Link(element.content, element.target) or element.content
  end
  place = place:gsub("%%(%x%x)", function(x) return string.char(tonumber(x, 16)) end)
  local label = anchors[anchor(place)]
  if label then return pandoc.Link(element.content, "#" .. label) end
  if owners[place] then return reference(place) end
  local text = pandoc.utils.stringify(element.content)
  problem("the link [%s](#%s) points to nothing.", text, place)
  return element.content
end

-- An image's width or height, as its author states it.
local function stated(attributes, side)
  local style = ";" .. (attributes.style or "")
  return style:match("[;%s]" .. side .. "%s*:([^;]*)") or attributes[side]
end

local function image(element)
  local alt = pandoc.utils.stringify(element.caption)
  if element.src:find("^https?:") then    -- never fetched: the report is made offline
    return pandoc.Link(alt ~= "" and alt or element.src, element.src)
  end
  if alt == "" then alt = element.src:gsub("^data:.*", "imagen") end
  return part { src = element.src, alt = alt,
    width = stated(element.attributes, "width"),
    height = stated(element.attributes, "height") }
end

-- Blocks ----------------------------------------------------------------------

local UNNUMBERED = " {%.unnumbered}$"

-- A level is never skipped (PDF/UA forbids it), and the highest in use is 1.
local function heading(element)
  if #element.content == 0 then return {} end
  local level = math.min(element.level - top_level + 1, last_level + 1)
  last_level = level
  local text, bare = typst.write { pandoc.Plain(element.content) }:gsub(UNNUMBERED, "")
  local part, rest = text:match("^Parte~(%d+)[.:] (.*)$")
  local by_hand = text:find("^\\?%d+[.)]") or text:find('^%S*#"%d+%."')
  local numbered = bare == 0 and not by_hand
  return raw_block(("%s%s#heading(level: %d%s)[%s] <%s>"):format(
    level == 2 and "#antes-de-seccion\n" or "",
    part and ("#counter(heading).update(%d)\n"):format(part - 1) or "",
    level, numbered and "" or ", numbering: none", rest or text, element.identifier))
end

local function listing(element)
  local language = element.classes[1]
  return raw_block(("#listado(%s, lang: %s)"):format(
    typst.quote(element.text), language and typst.quote(language) or "none"))
end

-- Boxes for notes: JupyterLab's alerts, and what has a border or a ground of its own.
local function division(element)
  local style = element.attributes.style or ""
  local boxed = style:find("border") or style:find("background")
    or element.classes:find_if(function(class) return class:find("^alert") end)
  return boxed and { raw_block("#aviso[") } .. element.content .. { raw_block("]") }
    or element.content
end

local WRITE = {
  Math = formula, Div = division, Header = heading, CodeBlock = listing,
  Span = function(element) return element.content end,
  -- Typst begins lists so, and makes one sign of "..."; pandoc is slow with long words.
  Inlines = function(inlines)
    for i, element in ipairs(inlines) do
      local text = element.t == "Str" and element.text or ""
      local is_list = i == 1 and (text:find("^%d+%.$") or text:find("^[-+/=]+$"))
      if is_list or #text > 1000 or text:find("...", 1, true) then
        inlines[i] = raw_inline("#" .. typst.quote(text) .. ";")
      end
    end
    return inlines
  end,
  Table = function(element) return raw_block(typst.table(element)) end,
  Figure = function(element)
    local caption = pandoc.utils.blocks_to_inlines(element.caption.long)
    return element.content .. { pandoc.Para(caption) }
  end,
}

-- Reading ---------------------------------------------------------------------

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
  return id and own(id), rest
end

-- A paragraph that starts with a colon, below a table, is its caption.
local function join_captions(blocks)
  for i = #blocks, 2, -1 do
    local words, above = blocks[i].content, blocks[i - 1]
    if above.t == "Table" and blocks[i].t == "Para" and words[1].text == ":" then
      words:remove(1)
      local id, caption = take_id(words)
      above.caption.long = { pandoc.Plain(caption) }
      above.identifier = id or ""
      blocks:remove(i)
    end
  end
  return blocks
end

-- Every place gets a label before any text is written: links can point forward.
local function register_heading(element)
  local id, content = take_id(element.content)
  local text = typst.squeeze(pandoc.utils.stringify(content)):gsub(UNNUMBERED, "")
  local label = id or new_label()
  note_anchor(text, label)
  note_anchor(element.identifier, label)
  element.identifier = label
  element.content = content:walk { Span = function(place)
    note_anchor(place.identifier, label)
    return place.content
  end }
  if #element.content > 0 then top_level = math.min(top_level, element.level) end
  if element.level == 1 then result.title = result.title or text end
  return element
end

local function register_place(element)
  if element.identifier == "" or piece.format == "html" then return nil end
  local mark = "#metadata(none)<" .. new_label() .. ">"
  note_anchor(element.identifier, "lugar:" .. n_labels)
  element.identifier = ""
  element.content:insert(1, element.t == "Div" and raw_block(mark) or raw_inline(mark))
  return element
end

-- Python's numbers for formulas: as typed in code and attributes, else of elements.
local function put_formulas(html)
  local function restore(s)
    return (s:gsub(NUMBER, function(n) return piece.formulas[tonumber(n)].source end))
  end
  for _, code in ipairs { "<pre.-</pre>", "<code.-</code>", "<[^>]*>" } do
    html = html:gsub(code, restore)
  end
  return html:gsub(NUMBER, '<span data-formula="%1"></span>')
end

-- HTML lets a cell and a row end where the next one starts; pandoc does not.
local DEPTH = { td = 1, th = 1, tr = 2, thead = 3, tbody = 3, tfoot = 3, table = 4 }

local function close_cells(html)
  local open = {}
  local function close(depth)
    local tags = ""
    while #open > 0 and DEPTH[open[#open]] <= depth do
      tags = tags .. "</" .. table.remove(open) .. ">"
    end
    return tags
  end
  local closed = html:gsub("(<(/?)(%a+)[^>]*>)", function(tag, slash, name)
    name = name:lower()
    local depth = DEPTH[name]
    if not depth then return nil end
    local tags = close(slash == "/" and depth - 1 or name ~= "table" and depth or 0)
    if slash == "" then table.insert(open, name)
    elseif table.remove(open) ~= name then tag = "" end
    return tags .. tag
  end)
  return closed .. close(4)
end

-- A cell spans no more columns than a row has cells; pandoc would make them all.
local function trim_spans(html)
  local cell, span = "<[tT][dDhH]%f[%W][^>]*>", "([cC][oO][lL]%a+%s*=%s*[\"']?)(%d+)"
  local most = 1
  for row in html:gmatch("<[tT][rR]%f[%W].-</[tT][rR]>") do
    most = math.max(most, select(2, row:gsub(cell, "")))
  end
  return (html:gsub(cell, function(tag)
    return (tag:gsub(span, function(is, n) return is .. math.min(tonumber(n), most) end))
  end))
end

local function formula_of(element)
  local found = piece.formulas[tonumber(element.attributes.formula or "")]
  return found and note_formula(
    pandoc.Math(found.display and "DisplayMath" or "InlineMath", found.tex))
end

local READ = {
  Span = formula_of, Math = note_formula, Inlines = spaces.keep,
  Header = register_heading, Blocks = join_captions,
}
local PLACE = {
  Span = register_place, Div = register_place, Link = register_place, Image = image,
}

-- What plays, or is a page of its own: its address, or a line that names it.
local function embedded(tag, attributes)
  if not EMBEDDED:find(" " .. tag:lower() .. " ", 1, true) then return nil end
  local src
  for name in ("srcdoc data src"):gmatch("%a+") do
    src = attributes:match("%s" .. name .. "%s*=%s*[\"']?([^\"'%s]*)") or src
  end
  if not src then return nil end
  if src:find("^https?:") then return ('<a href="%s">%s</a> '):format(src, src) end
  problem("what <%s> holds cannot be shown: %s", tag, src:sub(1, 60))
  local name = tag:gsub("source", "audio/video")
  return ("<em>[Aquí no se puede mostrar un elemento «%s»]</em> "):format(name)
end

local function read_text()
  local html = piece.text
  if piece.format == "markdown" then
    local as_is = pandoc.WriterOptions { wrap_text = "none", highlight_method = "none" }
    html = pandoc.write(pandoc.read(html, MARKDOWN, nil, NOTHING), "html", as_is)
  end
  html = html:gsub("<(%a+)(%s[^>]*)>", embedded)
  html = html:gsub("<(/?)textarea[^>]*>", "<%1code>")    -- pandoc would lose its text
  html = put_formulas(trim_spans(close_cells(html)))
  return pandoc.read(html, HTML, nil, NOTHING)
end

local function read()
  result.owned = piece.id ~= "" and own(piece.id)
  local _, doc = pandoc.log.silence(read_text)
  docs[piece] = doc:walk(READ):walk(PLACE)
end

local function write()
  local doc = docs[piece]
  if not doc then return end
  result.typst = typst.write(doc:walk { Link = link }:walk(WRITE).blocks)
end

-- What fails in spite of all is shown as its source.
local results = {}
for _, action in ipairs { read, write } do
  for i, item in ipairs(request.pieces) do
    results[i] = results[i] or { parts = {}, problems = {} }
    piece, result = item, results[i]
    local ok, message = pcall(action)
    if not ok then
      problem("%s", message)
      result.typst = "#salida(" .. typst.quote(piece.text) .. ")"
    end
  end
end
io.write(#results > 0 and pandoc.json.encode(results) or "[]")
