-- TeX formulas to Typst: pandoc's conversion, and every correction that it needs.
-- Each correction has its assertion, read back from a PDF, in tests/test_exporter.py.
-- While a formula is rewritten, \1 stands for its line ends (\\).

local formulas = {}

-- Before: TeX that pandoc turns into wrong Typst, rewritten as TeX that it gets right.
local BEFORE = {
  { "\u{202f}", "\\," },                         -- thousands, as prose writes them
  { "(%d){,}(%d)", "%1\\text{,}%2" },           -- 0{,}001: the comma is no separator
  { "\\right%s*|%s*\\left%s*%.", "\\middle|" },
  { "\\[bB]igg?[lrm]?%s*\\[lr]?vert", "|" },
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
  { "\\begin{vmatrix}", "\\left|\\begin{matrix}" },
  { "\\end{vmatrix}", "\\end{matrix}\\right|" },
  { "\1%s*\\end", "\\end" },
  { "\\$", "" },                                -- of a space at the end
  { "\1%s*\1", "\1" },                          -- \\\\, where JSON's escapes were doubled
}

-- Words that pandoc does not know, in those that it knows.
local WORDS = {
  ["\\cr"] = "\1", ["\\newline"] = "\1", ["\\hbox"] = "\\text", ["\\cfrac"] = "\\frac",
  ["\\LaTeX"] = "\\text{LaTeX}", ["\\TeX"] = "\\text{TeX}", ["\\hfill"] = "\\quad",
  ["\\degree"] = "{}^\\circ", ["\\intop"] = "\\int",
}
for word in ([[tiny scriptsize footnotesize small normalsize large Large LARGE huge Huge
    scriptstyle hline strut notag nonumber displaylimits]]):gmatch("%a+") do
  WORDS["\\" .. word] = ""
end

local FONTS = { bf = "mathbf", rm = "mathrm", it = "mathit", cal = "mathcal",
  tt = "mathtt", sf = "mathsf", sl = "mathit" }

-- After: plain replacements in the Typst that pandoc wrote.
local AFTER = {
  { "#h%(0em%)", "thick" },                     -- \;
  { "#h%(%-1em%)", "#h(-0.167em)" },            -- \!
  { '(%d) upright%(","%) (%d)', '%1 class("normal", ",") %2' },
  { "(%l)%.circle%f[%W]", "%1.o" },             -- symbols that Typst 0.15 has renamed
  { "%f[%a]sect%f[%W]", "inter" },
  { "([lg]t)%.tri%f[%W]", "%1.closed" },
  { "tack%.r%.double", "tack.rr" },
  { "bb%(1%)", '#symbol("𝟙")' },                 -- so that it can be told from a 1
  { 'delim: "||"', 'delim: "‖"' },
  { '(mat%(delim: [^,]+,) upright%("augment:(%d+)"%)', "%1 augment: #%2," },
  { 'mat%(delim: "%(", upright%("bare:(%d+)"%)', "mat(delim: #none, augment: #%1," },
}

local COLOURS = [[ black blue fuchsia gray green lime maroon navy olive orange purple red
  teal white yellow ]]

local convert

-- What pandoc does not know and Typst does: a macro's arguments to Typst.
local CALLS = {
  overset = { 2, function(top, base)
    return ("limits(%s)^(%s)"):format(convert(base), convert(top))
  end },
  underset = { 2, function(bottom, base)
    return ("limits(%s)_(%s)"):format(convert(base), convert(bottom))
  end },
  mathop = { 1, function(tex) return ("op(%s, limits: #true)"):format(convert(tex)) end },
  substack = { 1, function(tex)
    return convert("\\begin{matrix}" .. tex .. "\\end{matrix}")
  end },
  textcolor = { 2, function(colour, tex)
    local typst = convert(tex)
    local known = colour:find("^%a+$") and COLOURS:find("%s" .. colour .. "%s")
    return known and ("text(fill: #%s, %s)"):format(colour, typst) or typst
  end },
  tag = { 1, function(text) return ('quad "(%s)"'):format(text:gsub('[\\"]', "")) end },
}
CALLS.stackrel = CALLS.overset
for _, name in ipairs { "matrix", "pmatrix", "cases" } do
  CALLS[name] = { 1, function(tex)
    return convert(("\\begin{%s}%s\\end{%s}"):format(name, tex, name))
  end }
end

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

-- {\bf x}: a font up to the end of its group or of its cell.
local function scope_fonts(tex)
  tex = tex:gsub("%b{}", function(group)
    return "{" .. scope_fonts(group:sub(2, -2)) .. "}"
  end)
  for font, macro in pairs(FONTS) do
    tex = tex:gsub("\\" .. font .. "%f[%A]%s*([^&\1]*)", function(rest)
      return "\\" .. macro .. "{" .. scope_fonts(rest) .. "}"
    end)
  end
  return tex
end

-- Several aligned columns keep a distance; eqnarray's sign has no column of its own.
local function space_columns(environment, body, between)
  local depth, columns = 0, 0
  body = body:gsub("\\?[\\&\1]%a*", function(token)
    local mark = token:sub(1, 1)
    if token == "\\begin" then depth = depth + 1
    elseif token == "\\end" then depth = depth - 1
    elseif depth > 0 then return nil
    elseif mark == "\1" then columns = 0
    elseif mark == "&" then
      columns = columns + 1
      if columns % 2 == 0 then return between .. token:sub(2) end
    end
  end)
  return "\\begin{" .. environment .. "}" .. body .. "\\end{" .. environment .. "}"
end

-- The bar of {cc|c} becomes a text in the first cell, which AFTER turns into Typst's.
local function draw_bar(before, columns, body)
  local bar = columns:find("|%s*[lcr]")
  local left = bar and #columns:sub(1, bar):gsub("[^lcr]", "") or 0
  if left == 0 then return nil end
  local held = before:find("^\\left")
  return ("%s\\begin{%s}\\text{%s:%d}%s\\end{%s}"):format(before,
    held and "matrix" or "pmatrix", held and "augment" or "bare", left, body,
    held and "matrix" or "pmatrix")
end

local function breaks_line(tex)
  local depth = 0
  for token in tex:gmatch("\\?[\\{}\1]%a*") do
    if token == "\\begin" or token:sub(1, 1) == "{" then depth = depth + 1
    elseif token == "\\end" or token:sub(1, 1) == "}" then depth = depth - 1
    elseif token:sub(1, 1) == "\1" and depth == 0 then return true end
  end
end

local function mend_environments(tex)
  if breaks_line(tex) then tex = "\\begin{aligned}" .. tex .. "\\end{aligned}" end
  tex = tex:gsub("\\begin{eqnarray(%*?)}(.-)\\end{eqnarray%1}", function(_, body)
    return space_columns("aligned", body, " ")
  end)
  tex = tex:gsub("\\begin{(align%l*%*?)}(.-)\\end{%1}", function(name, body)
    return space_columns(name, body, "&\\qquad ")
  end)
  tex = tex:gsub("(\\?l?e?f?t?%S?)\\begin{array}(%b{})(.-)\\end{array}", draw_bar)
  -- Without a column mark pandoc loses the brace.
  tex = tex:gsub("\\left\\{%s*\\begin{array}{[lcr]}", "\\left\\{\\begin{array}{ll}")
  for _, start in ipairs { "\\begin{cases}", "\\begin{array}{ll}" } do
    tex = tex:gsub("(" .. start .. ")([^&\1]-)\1", "%1%2&\1")
  end
  return tex
end

-- One argument of a macro, at a position: a group, a macro or a letter.
local function argument(tex, at)
  local first, last = tex:find("^%s*%b{}", at)
  if first then return tex:sub(first, last):match("{(.*)}"), last + 1 end
  first, last = tex:find("^%s*\\%a+", at)
  if not first then first, last = tex:find("^%s*.", at) end
  if not first then error("a macro lacks an argument", 0) end
  return tex:sub(first, last), last + 1
end

-- Leaves a text in the place of each of CALLS, whose Typst it adds to a list.
local function take_calls(tex, made)
  local start, stop, name = tex:find("\\(%a+)")
  while start do
    if CALLS[name] then
      local arguments = {}
      stop = stop + 1
      for i = 1, CALLS[name][1] do arguments[i], stop = argument(tex, stop) end
      table.insert(made, (CALLS[name][2](table.unpack(arguments))))
      local mark = "\\text{call:" .. #made .. "}"
      tex = tex:sub(1, start - 1) .. mark .. tex:sub(stop)
      stop = start + #mark - 1
    end
    start, stop, name = tex:find("\\(%a+)", stop + 1)
  end
  return tex
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

local function by_pandoc(tex)
  local doc = pandoc.Pandoc { pandoc.Plain { pandoc.Math("InlineMath", tex) } }
  local log, typst = pandoc.log.silence(pandoc.write, doc, "typst")
  if #log > 0 then
    error(log[1].message:match("\n%s*%^\n(.-)\n") or log[1].message, 0)
  end
  return typst:gsub("%s+$", ""):gsub("<[%w_.:-]+>$", ""):sub(2, -2)
end

convert = function(tex)
  local calls, limits = {}, tex:find("\\operatorname%*") ~= nil
  tex = take_calls(scope_fonts(tex:gsub("\\%a+", WORDS)), calls)
  tex = pair_norms(replace_all(mend_environments(tex), BEFORE)):gsub("\1", "\\\\")
  local typst = mend_words(replace_all(by_pandoc(tex), AFTER), limits)
  local bare = typst:gsub('\\"', "")
  if bare:find('""$') or bare:find('""[^_^]') then
    error("a part of the formula would vanish", 0)
  elseif is_ambiguous(typst) then
    error("nested exponents are ambiguous; write \\left(...\\right)^{c}", 0)
  end
  typst = typst:gsub("inset: 3pt, %[%$(.-)%$%]%)",
    'inset: 3pt, math.equation(alt: "", $%1$))')
  return (typst:gsub('upright%("call:(%d+)"%)', function(n) return calls[tonumber(n)] end))
end

--- The Typst math (without dollars) of a TeX formula.
-- Raises a message when pandoc does not know a macro or is known to get it wrong.
function formulas.to_typst(tex)
  return convert((tex:gsub("%s*\\label{[^}]*}", ""):gsub("\\\\", "\1")))
end

return formulas
