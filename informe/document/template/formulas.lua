-- TeX formulas to Typst: pandoc's conversion, and every correction that it needs.
-- Each correction has its assertion, read back from a PDF, in tests/test_exporter.py.

local formulas = {}

-- Before: TeX that pandoc turns into wrong Typst, rewritten as TeX that it gets right.
local BEFORE = {
  { "\u{202f}", "\\," },                         -- thousands, as prose writes them
  { "(%d){,}(%d)", "%1\\text{,}%2" },           -- 0{,}001: the comma is no separator
  { "\\left%s*\\|", "\\lVert " },               -- bars that hug what they hold
  { "\\right%s*\\|", "\\rVert " },
  { "\\left%s*\\lVert", "\\lVert" },
  { "\\right%s*\\rVert", "\\rVert" },
  { "\\lvert", "\\left|" },
  { "\\rvert", "\\right|" },
  { "\\left%s*\\left|", "\\left|" },
  { "\\right%s*\\right|", "\\right|" },
  { "\\[bB]igg?l%f[%A]", "\\left" },            -- Typst chooses the size of delimiters
  { "\\[bB]igg?r%f[%A]", "\\right" },
  { "\\[bB]igg?m?%f[%A]", "" },
  { "\\&", "\\text{\\&}" },                     -- else Typst takes it for an alignment
}

-- After: plain replacements in the Typst that pandoc wrote.
local AFTER = {
  { "#h%(0em%)", "thick" },                     -- \;
  { "#h%(%-1em%)", "#h(-0.167em)" },            -- \!
  { '(%d) upright%(","%) (%d)', '%1 class("normal", ",") %2' },
  { "(%l)%.circle%f[%W]", "%1.o" },             -- symbols that Typst 0.15 has renamed
  { "%f[%a]sect%f[%W]", "inter" },
  { "([lg]t)%.tri%f[%W]", "%1.closed" },
  { "tack%.r%.double", "tack.rr" },
}

-- No Typst that pandoc writes for these means the same.
local UNKNOWN = { "\\overset", "\\stackrel", "\\substack" }

local function replace_all(text, rules)
  for _, rule in ipairs(rules) do text = text:gsub(rule[1], rule[2]) end
  return text
end

-- \|x\| has the same mark at both ends: odd ones open, even ones close.
local function pair_norms(tex)
  local open = false
  return (tex:gsub("\\|", function()
    open = not open
    return open and "\\lVert " or "\\rVert "
  end))
end

-- \operatorname gives a bare string, which has no operator's spacing; text is
-- upright("…"), around which Typst puts its own space. (\1: quotes inside a string.)
local function mend_words(typst, limits)
  local call = limits and 'op("%s", limits: #true)' or 'op("%s")'
  local function mend(before, word)
    word = word:gsub("^%s+", ""):gsub("%s+$", "")
    local is_operator = before ~= "(" and word:find("%a")   -- else text or delimiter
    return before .. (is_operator and call or '"%s"'):format(word)
  end
  typst = typst:gsub('\\"', "\1"):gsub('(.?)"([^"]*)"', mend)
  return (typst:gsub("\1", '\\"'))
end

-- Two superscripts in a row are what is left of {a^b}^c, which says something else.
local function is_ambiguous(typst)
  return typst:find("([%^_])[%w.]*%b()%1") or typst:find("([%^_])[%w.]+%1")
end

local function convert(tex)
  local doc = pandoc.Pandoc { pandoc.Plain { pandoc.Math("InlineMath", tex) } }
  local log, typst = pandoc.log.silence(pandoc.write, doc, "typst")
  if #log > 0 then
    error(log[1].message:match("\n%s*%^\n(.-)\n") or log[1].message, 0)
  end
  return typst:gsub("%s+$", ""):gsub("<[%w_.:-]+>$", ""):sub(2, -2)
end

--- The Typst math (without dollars) of a TeX formula, and its label, if it has one.
-- Raises a message when pandoc does not know a macro or is known to get it wrong.
function formulas.to_typst(tex)
  local label = tex:match("\\label{([^}]*)}")
  local limits = tex:find("\\operatorname%*") ~= nil or tex:find("\\underset") ~= nil
  for _, macro in ipairs(UNKNOWN) do
    if tex:find(macro, 1, true) then error(macro .. " cannot be typeset", 0) end
  end
  tex = tex:gsub("%s*\\label{[^}]*}", ""):gsub("\\\\", "\1")     -- keep line ends apart
  tex = pair_norms(replace_all(tex, BEFORE)):gsub("\1", "\\\\")
  local typst = replace_all(convert(tex), AFTER)
  typst = mend_words(typst, limits)
  if typst:find('""$') or typst:find('""[^_^]') then
    error("a part of the formula would vanish; write \\operatorname for \\mathop", 0)
  elseif is_ambiguous(typst) then
    error("nested exponents are ambiguous; write \\left(...\\right)^{c}", 0)
  end
  return typst, label
end

return formulas
