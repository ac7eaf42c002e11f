-- Typst's code of texts, blocks and tables.

local typst = {}

function typst.squeeze(s)
  return (s:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

--- A Typst string literal.
function typst.quote(s)
  return '"' .. s:gsub("\\", "\\\\"):gsub('"', '\\"'):gsub("\n", "\\n") .. '"'
end

--- Blocks as Typst's markup.
function typst.write(blocks)
  local options = pandoc.WriterOptions { wrap_text = "none" }
  local code = pandoc.write(pandoc.Pandoc(blocks), "typst", options)
  return (code:gsub("%s+$", ""):gsub("\\$", "\\ "))    -- a line end, not a bracket
end

local ALIGNMENTS = { AlignLeft = "left", AlignRight = "right", AlignCenter = "center" }

local function is_number(cell)
  local s = typst.squeeze(pandoc.utils.stringify(cell.contents))
  return s == "" or s == "NaN" or s:find("^[+%-−±]?%d[%d.,%%eE%+%-−± \u{202f}\u{a0}]*$")
end

local function code(rows)
  local cells = ""
  for _, row in ipairs(rows) do
    for _, cell in ipairs(row.cells) do
      if cell.col_span * cell.row_span > 1 then
        cells = cells .. ("table.cell(colspan: %d, rowspan: %d)"):format(
          cell.col_span, cell.row_span)
      end
      cells = cells .. "[" .. typst.write(cell.contents) .. "], "
    end
  end
  return cells
end

--- A call of `tabla`, which informe.typ draws, with its caption if it has one.
function typst.table(element)
  local rows, sides = pandoc.List {}, ""
  for _, body in ipairs(element.bodies) do
    rows:extend(body.head)
    rows:extend(body.body)
  end
  rows:extend(element.foot.rows)
  for column, spec in ipairs(element.colspecs) do
    local function is_word(row)
      return row.cells[column] and not is_number(row.cells[column])
    end
    -- Where the author says nothing, a column of numbers is aligned to the right.
    local side = ALIGNMENTS[spec[1]] or rows:find_if(is_word) and "left" or "right"
    sides = sides .. side .. ", "
  end
  local made = ("tabla(columns: %d, align: (%s), header: (%s), %s)"):format(
    #element.colspecs, sides, code(element.head.rows), code(rows))
  if #element.caption.long == 0 then return "#" .. made end
  local id = element.identifier
  return ("#con-pie(%s, kind: table, id: %s, caption: [%s])"):format(
    made, id ~= "" and typst.quote(id) or "none", typst.write(element.caption.long))
end

return typst
