-- TeX formulas to Typst: pandoc's conversion, and every correction that it needs.
-- Each correction has its assertion, read back from a PDF, in tests/test_exporter.py.
-- While a formula is rewritten, \1 stands for its line ends (\\), \2 for its \&.

local formulas = {}

-- Macros that pandoc does not know, by those that it knows. In a text that begins with
-- U+E006 (here !), which nobody can type, is what AFTER turns into Typst's code.
local MACROS = ""
for name, arguments, meaning in ([[
    hbox{\text} intop{\int} cr{\\} newline{\\} hfill{\quad} Vert{\|} cfrac{\frac}
    stackrel{\overset} dbinom{\binom} tbinom{\binom} hphantom{\phantom} Bbb{\mathbb}
    LaTeX{\text{LaTeX}} TeX{\text{TeX}} degree{{}^\circ} tag[1]{\quad\text{(#1)}}
    overset[2]{\text{!limits(}#2\text{!)}^{#1}} textcolor[2]{\text{!#1}#2\text{!)}}
    underset[2]{\text{!limits(}#2\text{!)}_{#1}} fbox[1]{\boxed{\text{#1}}} href[2]{#2}
    bra[1]{{\langle #1|}} ket[1]{{|#1\rangle}} braket[1]{\langle #1\rangle}
    smash[1]{#1} require[1]{} vphantom[1]{} strut{} notag{} displaylimits{} tiny{}
    scriptsize{} footnotesize{} small{} normalsize{} large{} Large{} LARGE{} huge{}
    Huge{} ]]):gsub("!", "\u{e006}"):gmatch("(%a+)([%[%d%]]*)(%b{})") do
  MACROS = MACROS .. ("\\providecommand{\\%s}%s%s\n"):format(name, arguments, meaning)
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

-- An environment with what stands between its columns instead of every second mark, but
-- for those of a matrix in it.
local function columns(between, renamed)
  return function(name, body)
    body = body:gsub("\\begin.-\\end", function(s) return (s:gsub("&", "\3")) end)
    body = body:gsub("&([^&\1]*)&", "&%1" .. between):gsub("\3", "&")
    name = renamed or name
    return ("\\begin{%s}%s\\end{%s}"):format(name, body, name)
  end
end

-- Lines that are only a part of a formula are those of a matrix, aligned in its cells.
local function enclose_lines(tex)
  for name in ("aligned alignedat split gathered"):gmatch("%a+") do
    local first, last = "\\begin{" .. name .. "}", "\\end{" .. name .. "}"
    local alone = tex:match("^%s*" .. first .. "(.*)" .. last .. "%s*[.,;]?%s*$")
    if not alone or alone:find(last) then
      tex = tex:gsub(first .. "(.-)" .. last, function(body)
        body = body:gsub("^{%d+}", ""):gsub("&", "\\text{\u{e006}column}")
        return "\\begin{matrix}" .. body .. "\\end{matrix}"
      end)
    end
  end
  return tex
end

-- The bar of {cc|c} and the rule below the first lines become a text in the first cell,
-- which AFTER turns into Typst's.
local function draw_rules(sides, body)
  local left = sides:match("^{|?([lcr%s]+)|%s*[lcr]")
  local above = body:gsub("^%s*\\hline", ""):match("^(.-\1)%s*\\hline.*[^%s\1]")
  local rules = (left and "vline: " .. #left:gsub("%s", "") .. ", " or "")
    .. (above and "hline: " .. select(2, above:gsub("\1", "")) .. ", " or "")
  -- (What Typst calls a vector has no rules; with a column mark it is a matrix.)
  if above and not body:find("&") then body = body:gsub("\1", "&\1", 1) end
  local mark = rules ~= "" and "\\text{rules:" .. rules .. "}" or ""
  return "\\begin{matrix}" .. mark .. body .. "\\end{matrix}"
end

-- What is not between \left and \right has no brackets, and cells all the same.
local function bare(before, body)
  if before:find("^\\left%s*[^%.]") then return nil end
  return before .. "\\begin{pmatrix}\\text{bare}" .. body .. "\\end{pmatrix}"
end

-- Before: TeX that pandoc turns into wrong Typst, rewritten as TeX that it gets right.
local BEFORE = {
  { "\\\\", "\1" },
  { "\\&", "\2" },
  { "^.*$", scope_fonts },
  { "\\begin{(align%l*%*?)}(.-)\\end{%1}", columns("&\\qquad ") },    -- at a distance
  { "\\begin{(eqnarray%*?)}(.-)\\end{%1}", columns(" ", "aligned") },
  { "\\begin{(array)}{%s*r%s*c?%s*l%s*}(.-)\\end{array}", columns(" ", "aligned") },
  { "\\begin{(equation%*?)}(.-)\\end{%1}", "%2" },
  { "^.*$", enclose_lines },
  { "\u{202f}", "\\," },                         -- thousands, as prose writes them
  { "(%d){,}(%d)", "%1\\text{,}%2" },           -- 0{,}001: the comma is no separator
  { "\\[bB]igg?[lrm]?%f[%A]", "" },             -- Typst chooses the size of delimiters
  { "\\right%s*|%s*\\left%s*%.", "\\middle|" },
  { "||", "\\|" },
  { "\\([lr])[ei][fg]h?t%s*\\|", "\\%1Vert " },  -- bars that hug what they hold
  { "\\([lr])[ei][fg]h?t%s*\\%1([vV])ert", "\\%1%2ert" },
  { "\\|(.-)\\|", "\\lVert %1\\rVert " },
  { "\\lvert(.-)\\rvert", "\\left|%1\\right|" },
  { "\\(p?matrix)%s*{(.-)}", "\\begin{%1}%2\\end{%1}" },
  { "\\begin{vmatrix}", "\\left|\\begin{matrix}" },
  { "\\end{vmatrix}", "\\end{matrix}\\right|" },
  { "\\left\\{%s*\\begin{array}%b{}(.-)\\end{array}%s*\\right%s*%.",
    "\\begin{cases}%1\\end{cases}" },
  { "(\\begin{cases}[^&\1]-)\1", "%1&\1" },     -- else pandoc loses the brace
  { "\\begin{cases}.-\\end{cases}", function(cases)
    return (cases:gsub("&", "&\\quad "))
  end },
  { "\\begin{array}(%b{})(.-)\\end{array}", draw_rules },
  { "\\hline", "" },
  { "\1%s*\\end", "\\end" },
  { "{smallmatrix}", "{matrix}" },
  { "(\\?l?e?f?t?%s*%S?%s*)\\begin{matrix}(.-)\\end{matrix}", bare },
  { "\\$", "" },                                -- of a space at the end
  { "\1%s*\1", "\1" },                        -- \\\\, where JSON's escapes were doubled
  { "\1", "\\\\" },
  { "\2", "\\text{\\&}" },                      -- alone, it would align in Typst
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
  { 'mat%(delim: "%(", upright%("bare"%)', "mat(delim: #none," },
  { 'vec%(upright%("bare"%)', "vec(delim: #none," },
  { '(mat%(delim: [^,]+,) upright%("rules:(.-)"%)', "%1 augment: #(%2)," },
  { 'upright%("\u{e006}column"%)', "&" },
  { 'upright%("\u{e006}\\?(#%x+)"%)', 'text(fill: #rgb("%1"), ' },
  { 'upright%("\u{e006}(%a+)"%)', "text(fill: #%1, " },
  { 'upright%("\u{e006}(%l*[()])"%)', "%1" },
}

local function replace_all(text, rules)
  for _, rule in ipairs(rules) do text = text:gsub(rule[1], rule[2]) end
  return text
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
  tex = replace_all(expand(tex:gsub("\\label%b{}", ""), known), BEFORE)
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
