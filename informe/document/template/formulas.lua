-- TeX formulas to Typst: pandoc's conversion, and every correction that it needs.
-- Each correction has its assertion, read back from a PDF, in tests/test_exporter.py.
-- While a formula is rewritten, \1 stands for its line ends (\\).

local formulas = {}

-- Macros that pandoc does not know, by those that it knows. In a text that begins with
-- U+E006, which nobody can type, is what AFTER turns into Typst's code.
local MACROS = [[
\providecommand{\hbox}{\text} \providecommand{\intop}{\int} \providecommand{\cr}{\\}
\providecommand{\newline}{\\} \providecommand{\hfill}{\quad} \providecommand{\Vert}{\|}
\providecommand{\LaTeX}{\text{LaTeX}} \providecommand{\TeX}{\text{TeX}}
\providecommand{\degree}{{}^\circ} \providecommand{\tag}[1]{\quad\text{(#1)}}
\providecommand{\overset}[2]{\text{!(}#2\text{!)}^{#1}}
\providecommand{\underset}[2]{\text{!(}#2\text{!)}_{#1}}
\providecommand{\cfrac}{\frac} \providecommand{\stackrel}{\overset}
\providecommand{\dbinom}{\binom} \providecommand{\tbinom}{\binom}
\providecommand{\require}[1]{} \providecommand{\href}[2]{#2}
\providecommand{\bra}[1]{{\langle #1|}} \providecommand{\ket}[1]{{|#1\rangle}}
\providecommand{\vphantom}[1]{} \providecommand{\hphantom}{\phantom}
\providecommand{\smash}[1]{#1} \providecommand{\Bbb}{\mathbb}
\providecommand{\braket}[1]{\langle #1\rangle} \providecommand{\fbox}[1]{\boxed{\text{#1}}}
\providecommand{\textcolor}[2]{\text{!#1}#2\text{!)}}
]]
MACROS = MACROS:gsub("!", "\u{e006}")
for word in ([[tiny scriptsize footnotesize small normalsize large Large LARGE huge Huge
    strut notag displaylimits]]):gmatch("%a+") do
  MACROS = MACROS .. "\\providecommand{\\" .. word .. "}{}\n"
end

-- Before: TeX that pandoc turns into wrong Typst, rewritten as TeX that it gets right.
local BEFORE = {
  { "\u{202f}", "\\," },                         -- thousands, as prose writes them
  { "(%d){,}(%d)", "%1\\text{,}%2" },           -- 0{,}001: the comma is no separator
  { "\\[bB]igg?[lrm]?%f[%A]", "" },             -- Typst chooses the size of delimiters
  { "\\right%s*|%s*\\left%s*%.", "\\middle|" },
  { "||", "\\|" },
  { "\\([lr])[ei][fg]h?t%s*\\|", "\\%1Vert " },  -- bars that hug what they hold
  { "\\([lr])[ei][fg]h?t%s*\\%1([vV])ert", "\\%1%2ert" },
  { "\\|(.-)\\|", "\\lVert %1\\rVert " },
  { "\\lvert(.-)\\rvert", "\\left|%1\\right|" },
  { "\\&", "\\text{\\&}" },                     -- else Typst takes it for an alignment
  { "\\(p?matrix)%s*{(.-)}", "\\begin{%1}%2\\end{%1}" },
  { "\\begin{vmatrix}", "\\left|\\begin{matrix}" },
  { "\\end{vmatrix}", "\\end{matrix}\\right|" },
  { "\\left\\{%s*\\begin{array}%b{}(.-)\\end{array}%s*\\right%s*%.",
    "\\begin{cases}%1\\end{cases}" },
  { "(\\begin{cases}[^&\1]-)\1", "%1&\1" },     -- else pandoc loses the brace
  { "\\begin{cases}.-\\end{cases}", function(cases)
    return (cases:gsub("&", "&\\quad "))
  end },
  { "\\hline", "" },
  { "\1%s*\\end", "\\end" },
  { "{smallmatrix}", "{matrix}" },
  { "\\begin{array}%b{}", "\\begin{matrix}" },  -- else its columns would be glued
  { "\\end{array}", "\\end{matrix}" },
  { "(\\?l?e?f?t?%s*%S?%s*)(\\begin{matrix}(.-)\\end{matrix})", function(before, whole, body)
    if before:find("^\\left%s*[^%.]") then return nil end
    return ("%s\\begin{pmatrix}\\text{bare}%s\\end{pmatrix}"):format(before, body)
  end },
  { "\\$", "" },                                -- of a space at the end
  { "\1%s*\1", "\1" },                        -- \\\\, where JSON's escapes were doubled
}

-- After: plain replacements in the Typst that pandoc wrote.
local AFTER = {
  { "#h%(0em%)", "thick" },                     -- \;
  { "#h%(%-1em%)", "#h(-0.167em)" },            -- \!
  { '(%d) upright%(","%) (%d)', '%1#math.class("normal", ",")%2' },
  { "(%l)%.circle%f[%W]", "%1.o" },             -- symbols that Typst 0.15 has renamed
  { "%f[%a]sect%f[%W]", "inter" },
  { "([lg]t)%.tri%f[%W]", "%1.closed" },
  { "tack%.r%.double", "tack.rr" },
  { "bb%(1%)", '#symbol("𝟙")' },                 -- so that it can be told from a 1
  { 'delim: "||"', 'delim: "‖"' },
  { '(mat%(delim: [^,]+,) upright%("augment:(.-)"%)', "%1 augment: #(%2)," },
  { 'mat%(delim: "%(", upright%("bare"%)', "mat(delim: #none," },
  { 'vec%(upright%("bare"%)', "vec(delim: #none," },
  { 'mat%(delim: "%(", upright%("bare:(.-)"%)', "mat(delim: #none, augment: #(%1)," },
  { 'upright%("\u{e006}column"%)', "&" },
  { 'upright%("\u{e006}\\?(#%x+)"%)', 'text(fill: #rgb("%1"), ' },
  { 'upright%("\u{e006}%("%)', "limits(" },
  { 'upright%("\u{e006}(%a+)"%)', "text(fill: #%1, " },
  { 'upright%("\u{e006}%)"%)', ")" },
}

local function replace_all(text, rules)
  for _, rule in ipairs(rules) do text = text:gsub(rule[1], rule[2]) end
  return text
end

-- {\bf x}: a font up to the end of its group or of its cell.
local function scope_fonts(tex)
  tex = tex:gsub("%b{}", function(group)
    return "{" .. scope_fonts(group:sub(2, -2)) .. "}"
  end):gsub("^(.*)\\over%f[%A](.*)$", "\\frac{%1}{%2}")
  for font in ("bf rm it cal tt sf"):gmatch("%a+") do
    tex = tex:gsub("\\" .. font .. "%f[%A]%s*([^&\1]*)", function(rest)
      return "\\math" .. font .. "{" .. scope_fonts(rest) .. "}"
    end)
  end
  return tex
end

-- After every second column mark of a line, but for those of a matrix in it.
local function space_columns(name, body, between)
  body = body:gsub("\\begin.-\\end", function(inner) return (inner:gsub("&", "\2")) end)
  body = body:gsub("&([^&\1]*)&", "&%1" .. between):gsub("\2", "&")
  return ("\\begin{%s}%s\\end{%s}"):format(name, body, name)
end

-- The bar of {cc|c} and the rule below the first lines become a text in the first cell,
-- which AFTER turns into Typst's.
local function draw_bar(before, columns, body)
  body = body:gsub("^%s*\\hline", "")
  local left = columns:match("^{|?([lcr%s]+)|%s*[lcr]")
  local above = body:match("^(.-\1)%s*\\hline.*[^%s\1]")
  if not left and not above then return nil end
  local rules = (left and "vline: " .. #left:gsub("%s", "") .. ", " or "")
    .. (above and "hline: " .. select(2, above:gsub("\1", "")) .. ", " or "")
  local name, mark = "pmatrix", "bare"
  if before:find("^\\left") then name, mark = "matrix", "augment" end
  return ("%s\\begin{%s}\\text{%s:%s}%s\\end{%s}"):format(
    before, name, mark, rules, body, name)
end

-- Lines that are only a part of a formula are those of a matrix, aligned in its cells.
local function enclose_lines(tex)
  tex = tex:gsub("\\begin{equation%*?}", ""):gsub("\\end{equation%*?}", "")
  for name in ("aligned alignedat split gathered"):gmatch("%a+") do
    local lines = "\\begin{" .. name .. "}(.-)\\end{" .. name .. "}"
    local is_alone = tex:find("^%s*" .. lines .. "%s*[.,;]?%s*$")
    if not is_alone or select(2, tex:gsub(lines, "")) > 1 then
      tex = tex:gsub(lines, function(body)
        body = body:gsub("^{%d+}", ""):gsub("\\&", "\2"):gsub("&", "\\text{\u{e006}column}")
        return "\\begin{matrix}" .. body:gsub("\2", "\\&") .. "\\end{matrix}"
      end)
    end
  end
  return tex
end

local function mend_environments(tex)
  -- Several aligned columns keep a distance; eqnarray's sign has no column of its own.
  tex = tex:gsub("\\begin{(align%l*%*?)}(.-)\\end{%1}", function(name, body)
    return space_columns(name, body, "&\\qquad ")
  end)
  tex = tex:gsub("\\begin{eqnarray(%*?)}(.-)\\end{eqnarray%1}", function(_, body)
    return space_columns("aligned", body, " ")
  end)
  tex = tex:gsub("\\begin{array}{%s*r%s*c?%s*l%s*}(.-)\\end{array}", function(body)
    return space_columns("aligned", body, " ")
  end)
  tex = enclose_lines(tex)
  return (tex:gsub("(\\?l?e?f?t?%S?)\\begin{array}(%b{})(.-)\\end{array}", draw_bar))
end

-- \operatorname gives a bare string, which has no operator's spacing; text is
-- upright("…"), around which Typst puts its own space. (\1: quotes inside a string.)
local function mend_words(typst, limits)
  local call = limits and 'op("%s", limits: #true)' or 'op("%s")'
  local function mend(before, word)
    local is_operator = before ~= "(" and word:find("%a")   -- else text or delimiter
    return before .. (is_operator and call or '"%s"'):format(word)
  end
  typst = typst:gsub('\\"', "\1"):gsub('(.?)"%s*([^"]-)%s*"', mend)
  return (typst:gsub("\1", '\\"'))
end

-- The formula without the macros that the notebook or we define.
local function expand(tex, known)
  local source = known .. MACROS .. "\n$" .. tex .. "$"
  local ok, doc = pcall(pandoc.read, source, "latex", nil, {})
  local inlines = ok and pandoc.utils.blocks_to_inlines(doc.blocks) or {}
  return #inlines == 1 and inlines[1].t == "Math" and inlines[1].text or tex
end

local function by_pandoc(tex)
  local doc = pandoc.Pandoc { pandoc.Plain { pandoc.Math("InlineMath", tex) } }
  local log, typst = pandoc.log.silence(pandoc.write, doc, "typst")
  if #log > 0 then
    error(log[1].message:match("\n%s*%^\n(.-)\n") or log[1].message, 0)
  end
  return typst:gsub("%s+$", ""):gsub("<[%w_.:-]+>$", ""):sub(2, -2)
end

--- The Typst math (without dollars) of a TeX formula; `known` defines its macros.
-- Raises a message when pandoc does not know a macro or is known to get it wrong.
function formulas.to_typst(tex, known)
  tex = scope_fonts((expand(tex:gsub("\\label%b{}", ""), known):gsub("\\\\", "\1")))
  tex = replace_all(mend_environments(tex), BEFORE):gsub("\1", "\\\\")
  local ok, typst = pcall(by_pandoc, tex)
  if not ok then    -- it may have lines
    typst = by_pandoc("\\begin{aligned}" .. tex .. "\\end{aligned}")
  end
  typst = mend_words(replace_all(typst, AFTER), tex:find("\\operatorname%*") ~= nil)
  local bare = typst:gsub('\\"', "")
  if bare:find('""$') or bare:find('""[^_^]') then
    error("a part of the formula would vanish", 0)
  elseif typst:find("([%^_])[%w.]*%b()%1") or typst:find("([%^_])[%w.]+%1") then
    -- Two superscripts in a row are what is left of {a^b}^c, which says something else.
    error("nested exponents are ambiguous; write \\left(...\\right)^{c}", 0)
  elseif bare:find("\u{e006}") then
    error("its colour is not known", 0)
  end
  return (typst:gsub("inset: 3pt, %[%$(.-)%$%]%)",
    'inset: 3pt, math.equation(alt: "", $%1$))'))
end

return formulas
