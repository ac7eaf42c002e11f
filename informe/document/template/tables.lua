-- Tables: pandoc's element to a call of `tabla`, which informe.typ draws.

local strings = require("strings")

local tables = {}

local ALIGNMENTS = { AlignLeft = "left", AlignRight = "right", AlignCenter = "center" }

local function cell_text(cell)
  return strings.trim(pandoc.utils.stringify(cell.contents))
end

local function is_number(s)
  return s == "" or s == "NaN"
    or s:find("^[%+%-−±]?%d[%d.,%%eE%+%-−± \u{202f}\u{a0}]*$") ~= nil
end

local function body_rows(element)
  local rows = pandoc.List {}
  for _, body in ipairs(element.bodies) do
    rows:extend(body.head)
    rows:extend(body.body)
  end
  rows:extend(element.foot.rows)
  return rows
end

-- Where the author says nothing, a column of numbers is aligned to the right.
local function alignment(element, rows, column)
  local stated = ALIGNMENTS[element.colspecs[column][1]]
  if stated then return stated end
  for _, row in ipairs(rows) do
    local cell = row.cells[column]
    if cell and not is_number(cell_text(cell)) then return "left" end
  end
  return "right"
end

local function cell_code(cell)
  local content = "[" .. strings.write_blocks(cell.contents) .. "]"
  if cell.col_span == 1 and cell.row_span == 1 then return content end
  return ("table.cell(colspan: %d, rowspan: %d)%s"):format(
    cell.col_span, cell.row_span, content)
end

local function cells_code(rows)
  local code = ""
  for _, row in ipairs(rows) do
    for _, cell in ipairs(row.cells) do code = code .. cell_code(cell) .. ", " end
  end
  return code
end

--- The Typst of a table, with its caption if it has one.
function tables.to_typst(element)
  local rows, alignments = body_rows(element), {}
  for column = 1, #element.colspecs do
    alignments[column] = alignment(element, rows, column)
  end
  local code = ("tabla(columns: %d, align: (%s,), header: (%s), %s)"):format(
    #alignments, table.concat(alignments, ", "), cells_code(element.head.rows),
    cells_code(rows))
  if #element.caption.long == 0 then return "#" .. code end
  local id = element.identifier
  return ("#con-pie(%s, kind: table, id: %s, caption: [%s])"):format(
    code, id ~= "" and strings.quote(id) or "none",
    strings.write(pandoc.utils.blocks_to_inlines(element.caption.long)))
end

return tables
