-- Markdown and HTML to Typst, many pieces in one process:
--   pandoc lua markdown.lua pieces.json > results.json
-- A piece is {text, format, inline, scope, table_only}; its result {typst, ids, links,
-- images, problems}. Nothing is dropped silently: what cannot be shown is a problem.

package.path = arg[0]:match("^(.*)[/\\]") .. "/?.lua"
local formulas = require("formulas")
local tables = require("tables")
local spaces = require("spaces")
local tags = require("tags")
local strings = require("strings")

-- Only what JupyterLab shows as Markdown: `@name`, `~x~`, `---` or `a)` are text.
local MARKDOWN = "markdown"
  .. "-fancy_lists-example_lists-citations-subscript-superscript-yaml_metadata_block"
  .. "-pandoc_title_block-line_blocks-simple_tables-multiline_tables-inline_notes"
  .. "-raw_attribute-fenced_divs-bracketed_spans-implicit_header_references"
  .. "-implicit_figures-blank_before_header-blank_before_blockquote"
  .. "+lists_without_preceding_blankline+tex_math_double_backslash"

local AUTOMATIC = "titulo:"     -- starts the labels of headings that have no own id
local anchors = {}      -- per notebook: JupyterLab's anchor of a heading -> label
local n_headings, last_level, top_level = 0, 0, 6
local result, scope     -- of the piece at hand

local raw_inline = function(s) return pandoc.RawInline("typst", s) end
local raw_block = function(s) return pandoc.RawBlock("typst", s) end

local function problem(message) table.insert(result.problems, message) end

local function label(id)
  if not id then return "" end
  if not strings.starts_with(id, AUTOMATIC) then table.insert(result.ids, id) end
  return " <" .. id .. ">"
end

-- Formulas --------------------------------------------------------------------

local SHORT = 24        -- letters of TeX: a formula in the text that no line may break

local function equation(tex, block, id)
  local ok, typst, own_id = pcall(formulas.to_typst, tex)
  if not ok then
    problem(("formula $%s$: %s"):format(strings.squeeze(tex), typst))
    return raw_inline("")
  end
  id = id or own_id
  local alt = strings.quote(strings.squeeze(tex))
  local numbering = id and ', numbering: "(1)"' or ""
  local space = block and " " or ""
  local code = ("math.equation(block: %s, alt: %s%s, $%s%s%s$)"):format(
    block, alt, numbering, space, typst, space)
  if not block and #tex <= SHORT then code = "box(" .. code .. ")" end
  return raw_inline("#" .. code .. label(id))
end

local function formula(element)
  return equation(element.text, element.mathtype == "DisplayMath")
end

local function labelled_formula(element)
  local inner = element.content[1]
  if #element.content == 1 and inner.t == "Math" then
    return equation(inner.text, true, element.identifier)
  end
end

-- A bare \begin{align} is a formula, in a paragraph or on its own; a tabular is not.
local function is_formula(tex)
  local environment = tex:match("^%s*\\begin{(%a+)%*?}")
  return environment and not environment:find("^tab") and not environment:find("^enum")
    and not environment:find("^item")
end

local function raw_tex(element)
  if element.format ~= "tex" then return nil end
  if is_formula(element.text) then return equation(element.text, true) end
  problem("TeX outside a formula: " .. element.text)
end

-- Other environments, such as pandas' tables, are shown if pandoc can read them.
local function raw_tex_block(element)
  if element.format ~= "tex" then return nil end
  if is_formula(element.text) then
    return pandoc.Para { equation(element.text, true) }
  end
  local doc = pandoc.read(element.text, "latex")
  if #doc.blocks == 0 then problem("TeX that cannot be shown: " .. element.text) end
  return doc.blocks
end

-- Links and images -----------------------------------------------------------------

local function link(element)
  local target = element.target:match("^#(.+)$")
  if not target then return nil end
  target = strings.decode_url(target)
  local shown = pandoc.utils.stringify(element.content)
  local heading = anchors[scope] and anchors[scope][target]
  if heading then
    local content = strings.write(element.content)
    return raw_inline(("#link(<%s>)[%s]"):format(heading, content))
  end
  table.insert(result.links, { target = target, text = shown })
  if not strings.is_label(target) then return raw_inline("") end
  local key = target:match("^bib%-(.+)$")
  return raw_inline(("#%s(<%s>)"):format(key and "cite" or "ref", key or target))
end

local function image(element)
  local alt = pandoc.utils.stringify(element.caption)
  if element.src:find("^https?:") then    -- never fetched: the report is made offline
    return pandoc.Link(alt ~= "" and alt or element.src, element.src)
  end
  table.insert(result.images, element.src)
  if alt == "" then alt = element.src:gsub("^data:.*", "imagen") end
  local width = strings.length(element.attributes.width)
  return raw_inline(("#imagen(\u{e002}%d\u{e003}, alt: %s, width: %s)"):format(
    #result.images, strings.quote(alt), width))
end

-- Headings --------------------------------------------------------------------

local function heading_text(element)
  local id, content = tags.take_id(element.content)
  local first, second = content[1], content[3]
  if first and first.text == "Parte" and second and second.text:find("^%d+[.:]$") then
    for _ = 1, 4 do content:remove(1) end
    return id, content, tonumber(second.text:match("%d+"))
  end
  return id, content, nil
end

-- Every heading gets a label before any text is written: links can point forward.
local function register_headings(doc, in_scope)
  anchors[in_scope] = anchors[in_scope] or {}
  return doc:walk { Header = function(element)
    n_headings = n_headings + 1
    local id = tags.take_id(element.content)
    element.identifier = id or (AUTOMATIC .. n_headings)
    local anchor = strings.trim(pandoc.utils.stringify(element.content)):gsub(" ", "-")
    anchors[in_scope][anchor] = anchors[in_scope][anchor] or element.identifier
    top_level = math.min(top_level, element.level)
    return element
  end }
end

-- A level is never skipped (PDF/UA forbids it), and the highest in use is 1.
local function heading(element)
  local _, content, part = heading_text(element)
  local level = math.min(element.level - top_level + 1, last_level + 1)
  last_level = level
  local counter = part and ("#counter(heading).update(%d)\n"):format(part - 1) or ""
  local plain = element.classes:includes("unnumbered") and ", numbering: none" or ""
  local before = level == 2 and "#antes-de-seccion\n" or ""
  return raw_block(("%s%s#heading(level: %d%s)[%s]%s"):format(
    before, counter, level, plain, strings.write(content), label(element.identifier)))
end

-- HTML ------------------------------------------------------------------------

local function raw_html(element)
  if element.format == "html" then return pandoc.read(element.text, "html").blocks end
end

local function listing(element)
  local language = element.classes[1]
  return raw_block(("#listado(%s, lang: %s)"):format(
    strings.quote(element.text), language and strings.quote(language) or "none"))
end

-- First what brings new elements, then what turns elements into Typst.
local UNFOLD = {
  RawBlock = raw_html,
  Inlines = function(inlines)
    return spaces.keep(tags.label_formulas(tags.pair(inlines)))
  end,
}
local WRITE = {
  traverse = "topdown",
  Math = formula, Span = labelled_formula, Link = link, Image = image,
  RawInline = raw_tex, RawBlock = raw_tex_block,
}

local function write_tables(doc)
  return doc:walk { Table = function(element)
    return raw_block(tables.to_typst(element, label))
  end }
end

-- The pieces -----------------------------------------------------------------------

-- Pandoc would read the cells of an HTML table as Markdown, and lose the table.
local function read_markdown(source)
  local blocks, rest = pandoc.Blocks {}, "\n" .. source
  while not source:find("```") do
    local first, last, html = rest:find("\n(<table.-</table>)")
    if not first then break end
    blocks:extend(pandoc.read(rest:sub(1, first), MARKDOWN).blocks)
    blocks:extend(pandoc.read(html, "html").blocks)
    rest = rest:sub(last + 1)
  end
  blocks:extend(pandoc.read(rest, MARKDOWN).blocks)
  return pandoc.Pandoc(blocks)
end

local function read(piece)
  local html = piece.format == "html"
  local doc = html and pandoc.read(piece.text, "html") or read_markdown(piece.text)
  return register_headings(doc:walk(UNFOLD), piece.scope)
end

local WIDEST = 12       -- columns; a wider data frame is shown as its plain text

local function has_table(doc)
  local found = false
  doc:walk { Table = function(element) found = #element.colspecs <= WIDEST end }
  return found
end

local function write(piece, doc)
  result = { ids = {}, links = {}, images = {}, problems = {}, typst = "" }
  scope = piece.scope
  if piece.table_only and not has_table(doc) then
    result.typst = nil
    return result
  end
  doc = doc:walk(WRITE):walk { Header = heading, CodeBlock = listing }
  doc = write_tables(doc)
  if piece.inline then
    result.typst = strings.write(pandoc.utils.blocks_to_inlines(doc.blocks))
  else
    result.typst = strings.write_blocks(doc.blocks)
  end
  return result
end

local function read_logged(piece)
  local log, doc = pandoc.log.silence(read, piece)
  return { doc = doc, log = log }
end

local pieces = pandoc.json.decode(io.open(arg[1]):read("a"), false)
local read_pieces = pandoc.List(pieces):map(read_logged)
local results = {}
for i, piece in ipairs(pieces) do
  results[i] = write(piece, read_pieces[i].doc)
  for _, message in ipairs(read_pieces[i].log) do
    if message.verbosity == "WARNING" then
      table.insert(results[i].problems, message.message)
    end
  end
end
io.write(#results > 0 and pandoc.json.encode(results) or "[]")
