"""Small templates, one per rule of the language: what gen_templates.py renders with jinja2 for the unit tests.

Each is rendered with CONTEXT, the way transformers sets jinja2 up for chat templates.
"""

CONTEXT = {
    "s": "Hello, World", "empty": "", "sp": "  \t padded \n ", "multi": "one\ntwo\n\nthree\n", "quote": "it's \"here\"",
    "uni": "Straße ÀÉ \U0001F600 日本", "sigma": "ΟΔΟΣ", "ctl": "a\u0000b\u007fc\u0085d\u200be\u00a0f", "html": "<b>&'\"</b>",
    "five": 5, "neg": -7, "zero": 0, "pi": 3.14159, "big": 1e22, "tiny": 1.5e-7, "whole": 4.0, "t": True, "f": False, "nothing": None,
    "nums": [3, 1, 2], "mixed": [1, "two", None, True, 2.5, [1], {"k": "v"}], "words": ["banana", "Apple", "cherry", "apple"],
    "nested": [[1, 2], [3, 4]], "nolist": [], "nodict": {},
    "d": {"a": 1, "b": {"c": [10, 20, 30]}, "items": "shadowed", "key with space": "x", "Z": 0},
    "users": [{"name": "Ada", "age": 36, "on": True, "addr": {"city": "Rome"}}, {"name": "bob", "age": 25, "on": False, "addr": {"city": "Oslo"}},
              {"name": "Cyd", "age": 25, "on": True}],
    "tree": [{"v": 1, "kids": [{"v": 2, "kids": [{"v": 3, "kids": []}]}, {"v": 4, "kids": []}]}],
}

EXPRESSIONS = """
1 + 2 * 3
(1 + 2) * 3
7 / 2
6 / 3
7 // 2
-7 // 2
7 // -2
-7 % 3
7 % -3
7.5 // 2
-7.5 // 2
7.5 % 2
-7.5 % 2
5 % 3.5
2 ** 10
2 ** -1
2 ** 3 ** 2
-2 ** 2
-five
+neg
- - five
-five|abs
neg|abs
five + pi
t + t
t * 3
five / zero
five // zero
five % zero
1_000 + 0x1f + 0o17 + 0b11
1e3
1.5e-3
1_0.5_0
1.0
0.1 + 0.2
1e16
1e15
123456789012345678.0
1e-4
1e-5
1e-7
-0.0
big
tiny
whole
pi
9223372036854775807
t
f
nothing
none
None
True
true
undefinedthing
undefinedthing.x
undefinedthing['x']
undefinedthing + 1
1 + undefinedthing
'a' + undefinedthing
undefinedthing ~ 'a'
undefinedthing()
undefinedthing|length
undefinedthing|list
undefinedthing|upper
undefinedthing|tojson
undefinedthing|int
undefinedthing|first
undefinedthing|first|default('none')
undefinedthing|items|list
undefinedthing|join(',')
undefinedthing|map('upper')|list
undefinedthing == undefinedthing
undefinedthing == none
undefinedthing < 1
undefinedthing in [1]
1 in undefinedthing
not undefinedthing
undefinedthing is defined
undefinedthing is undefined
undefinedthing is none
undefinedthing is sequence
undefinedthing is iterable
undefinedthing is string
undefinedthing[1:]
d.missing
d.missing.more
d['missing']
d.b.c
d['b']['c'][1]
d.b.c.1
d.b.c[-1]
d.b.c[5]
d.b.c[5].x
d['items']
d.items()|list
d.keys()|list
d.values()|list
d.items()
d.keys()
d.get('a')
d.get('zz')
d.get('zz', 'fallback')
d['key with space']
d[1]
d|length
d|list
d
users
users[0].name
users[0]['addr'].city
users[2].addr.city
nums[0]
nums['0']
nums[1:]
nums[:-1]
nums[::-1]
nums[::2]
nums[5:]
nums[-2:]
nums[:100]
nums[2:0:-1]
nums[t]
s[0]
s[-1]
s[1:4]
s[::-1]
s[100]
s[100:]
s[:-100]
uni[7:10]
uni[::-1]
uni|length
uni[10]
s[::0]
nums[none:2]
five[0]
five.x
nothing.x
nothing['x']
nothing[1:]
five[1:]
d[1:]
nested[1][0]
nested
mixed
(1, 2)
(1,)
()
1, 2
[1, 'a', none, true]
[]
[1, 2,]
{'a': 1, "b": [1, 2]}
{}
{1: 'x', 1.0: 'y', true: 'z'}
{'a': 1}['a']
{'a': 1}.a
{[1]: 2}
'a' 'b' "c"
'it''s'
"tab\\tnew\\nline"
'\\x41\\u00e9\\U0001F600\\101'
'\\q\\\\'
'a' ~ 1 ~ none ~ true ~ [1]
1 ~ 2
'a' + 'b'
'a' + 1
1 + 'a'
[1] + [2]
[1] + (2,)
(1,) + (2,)
none + 'a'
{} + {}
'ab' * 3
3 * 'ab'
'ab' * -1
[0] * 3
'a' * 'b'
'a' - 'b'
'%s is %d' % ('x', 5)
'%s' % 5
'%s' % nums
'%%'  % ()
'%s %s' % (1,)
'%d' % 'x'
'%s|%r' % ('a', 'a')
1 < 2
1 < 2 < 3
1 < 3 < 2
3 > 2 >= 2
1 == 1.0
1 == true
1 == '1'
'a' < 'b'
'B' < 'a'
'a' < 1
none < 1
[1, 2] < [1, 3]
[1, 2] == [1, 2]
[1, 2] == (1, 2)
(1, 'a') < (1, 'b')
{'a': 1} == {'a': 1.0}
{'a': 1} != {'a': 2}
none == none
none == false
zero == false
'a' != 'b'
'a' in 'abc'
'' in 'abc'
'd' not in 'abc'
1 in [1, 2]
1.0 in [1]
'a' in {'a': 1}
1 in 5
1 in 'a'
none in none
[1] in [[1]]
[1] in {}
not true
not 0
not not 'x'
true and false
1 and 2
0 and 2
1 or 2
0 or ''
none or 'x'
true or undefinedthing.x
not 1 == 2
1 if true else 2
1 if false else 2
1 if false
(1 if false) is undefined
(1 if false) + 1
1 if 0 else 2 if 0 else 3
'a' if s else 'b' ~ 'c'
1 is odd
2 is even
0 is odd
9 is divisibleby 3
9 is divisibleby(2)
5 is integer
true is integer
5.0 is float
true is number
none is none
none is not none
true is boolean
1 is boolean
true is true
1 is true
false is false
0 is false
s is string
5 is string
d is mapping
nums is mapping
nums is sequence
s is sequence
d is sequence
5 is sequence
(1, 2) is sequence
d.items() is sequence
d.items() is iterable
nums is iterable
5 is iterable
s is iterable
none is iterable
'abc' is lower
'aBc' is lower
'ABC' is upper
'' is lower
'1' is upper
1 is sameas 1
none is sameas none
true is sameas true
true is sameas 1
1 is in [1, 2]
3 is in([1, 2])
3 is not in [1, 2]
1 is eq 1
1 is equalto(2)
1 is ne 2
2 is gt 1
2 is greaterthan 1
2 is ge 2
1 is lt 2
1 is lessthan 2
1 is le 1
1 is == 1
raise_exception is callable
raise_exception is defined
namespace is defined
strftime_now is defined
'upper' is filter
'nosuch' is filter
'odd' is test
1 is defined and 2 is defined
x is defined or y is defined
five is defined
five is not defined
five is number and five > 3
not five is defined
five is nosuchtest
five|nosuchfilter
five|nosuchfilter if false else 'ok'
sp|trim
sp|trim ~ '|'
s|trim('Hd')
s|upper
s|lower
uni|upper
uni|lower
sigma|lower
uni|title
s|title
'hello wOrld-foo (bar) x<y'|title
"they're bill's"|title
s|capitalize
'ÉCOLE'|capitalize
'ǆ'|capitalize
''|capitalize
s|length
s|count
five|length
none|length
s|replace('o', '0')
s|replace('o', '0', 1)
s|replace('', '-')
s|replace('xyz', '-')
'aaa'|replace('aa', 'b')
five|replace(5, 6)
s|reverse
nums|reverse|list
nums|list
s|list
five|list
nums|sort
nums|sort(reverse=true)
words|sort
words|sort(case_sensitive=true)
words|sort(true)
users|sort(attribute='age')|map(attribute='name')|list
users|sort(attribute='age,name')|map(attribute='name')|list
users|sort(attribute='addr.city')
mixed|sort
words|unique|list
words|unique(case_sensitive=true)|list
users|unique(attribute='age')|map(attribute='name')|list
[[1], [1]]|unique|list
nums|first
nums|last
nolist|first
nolist|last
s|first
s|last
uni|last
nums|min
nums|max
nolist|min
words|min
words|max
words|max(case_sensitive=true)
users|max(attribute='age')
nums|sum
users|sum(attribute='age')
nums|sum(start=10)
['a']|sum
[0.1, 0.2]|sum
nums|join
nums|join(', ')
users|join(', ', attribute='name')
mixed|join('|')
s|join('-')
words|join(d='/')
five|join
nums|map('string')|join
words|map('upper')|list
words|map('replace', 'a', 'A')|list
users|map(attribute='name')|list
users|map(attribute='addr.city')|list
users|map(attribute='addr.city', default='?')|list
users|map(attribute='nope')|list
nested|map('first')|list
nested|map(attribute=1)|list
nested|map(attribute='0')|list
words|map('nosuch')|list
words|map|list
users|selectattr('on')|map(attribute='name')|list
users|rejectattr('on')|map(attribute='name')|list
users|selectattr('age', 'equalto', 25)|map(attribute='name')|list
users|selectattr('age', '==', 25)|list|length
users|selectattr('age', 'gt', 30)|map(attribute='name')|list
users|selectattr('addr', 'defined')|list|length
users|selectattr('name', 'in', ['Ada', 'Cyd'])|list|length
users|rejectattr('addr', 'defined')|map(attribute='name')|list
users|selectattr('addr.city', 'equalto', 'Oslo')|map(attribute='name')|list
users|selectattr|list
nums|select('odd')|list
nums|reject('odd')|list
nums|select('gt', 1)|list
mixed|select('string')|list
mixed|select|list
mixed|reject('none')|list
nums|select('nosuch')|list
nums|select('odd')|length
nums|map('string')|last
(nums|select('gt', 100)) is defined
'yes' if nums|select('gt', 100) else 'no'
d|dictsort
d|dictsort(true)
d|dictsort(reverse=true)
{'a': 2, 'b': 1}|dictsort(by='value')
{'a': 2, 'b': 1}|dictsort(false, 'value')
{1: 2, 'b': 1}|dictsort
nums|dictsort
undefinedthing|dictsort
d|items|list
nums|items|list
d.items()|first
five|string
pi|string
nums|string
none|string
true|string
d|string
'42'|int
' 42 '|int
'42.9'|int
'x'|int
'x'|int(7)
'x'|int(default='d')
'0x1f'|int(0, 16)
'1f'|int(base=16)
'0b11'|int(base=2)
'1_000'|int
'-12'|int
'1e3'|int
none|int
none|int(5)
nums|int
3.99|int
-3.99|int
true|int
'3.5'|float
'x'|float
'x'|float(1.5)
'inf'|float
'nan'|float
'1e5'|float
'1_0.5'|float
five|float
none|float
42.55|round
42.55|round(1)
42.55|round(1, 'floor')
42.55|round(1, 'ceil')
2.5|round
3.5|round
five|round
1234|round(-2)
2.675|round(2)
'x'|round
neg|abs
'x'|abs
nothing|default('x')
nothing|default('x', true)
empty|default('x')
empty|default('x', true)
undefinedthing|default
undefinedthing|default('x')
undefinedthing|d('x')
d.missing|default('x')
undefinedthing|default(default_value='y')
d.missing.more|default('x')
zero|default(1, boolean=true)
multi|indent
multi|indent(2)
multi|indent(2, true)
multi|indent(2, true, true)
multi|indent('> ')
multi|indent(first=true)
multi|indent(width=1, blank=true)
''|indent
five|indent
'a\\r\\nb\\x0bc'|indent(1)
s|center(20) ~ '|'
s|center(21) ~ '|'
'ab'|center(5) ~ '|'
[1,2,3,4,5]|batch(2)|list
[1,2,3,4,5]|batch(2, 'x')|list
[1,2,3,4,5]|slice(2)|list
[1,2,3,4,5]|slice(3, 'x')|list
'%s-%s'|format('a', 1)
html|escape
html|e
html|safe
html|forceescape
html|escape|escape
(html|safe) + '<i>'
'<i>' + (html|safe)
(html|safe) ~ '<i>'
html|safe|string + '<i>'
html|upper
s|tojson
quote|tojson
uni|tojson
uni|tojson(ensure_ascii=true)
ctl|tojson
ctl|tojson(true)
html|tojson
mixed|tojson
d|tojson
d|tojson(indent=2)
d|tojson(indent=0)
d|tojson(indent='--')
nodict|tojson(indent=2)
nolist|tojson(indent=2)
d|tojson(sort_keys=true)
d|tojson(separators=(',', ':'))
d|tojson(indent=1, separators=(',', ':'))
mixed|tojson(indent=4)
none|tojson
true|tojson
pi|tojson
big|tojson
whole|tojson
(1, 2)|tojson
{1: 2, none: 3, true: 4, 2.5: 5}|tojson
[undefinedthing]|tojson
d.items()|tojson
raise_exception|tojson
d|tojson(none, 2)
d|tojson(nope=1)
'nan'|float|tojson
s|upper|lower|title|length
-1|abs
s.upper()
s.lower()
s.title()
"they're bill's".title()
uni.title()
s.capitalize()
s.strip('Hd')
sp.strip() ~ '|'
sp.lstrip() ~ '|'
sp.rstrip() ~ '|'
s.strip(none)
s.split()
s.split(', ')
s.split(',', 1)
'a,b,c'.split(',', 1)
'a,b,c'.split(',', maxsplit=1)
'a,b,c'.rsplit(',', 1)
'a,b,c'.rsplit(',')
' a  b c '.split()
' a  b c '.split(none, 1)
' a  b c '.split(' ')
''.split()
''.split(',')
'abc'.split('')
'aXbXc'.split('X')[-1]
multi.splitlines()
multi.splitlines(true)
'a\\r\\nb\\x0bc\\x1cd\\u2028e'.splitlines()
s.startswith('Hell')
s.startswith(('x', 'H'))
s.endswith('ld')
s.endswith('')
s.replace('l', 'L')
s.replace('l', 'L', 2)
s.replace('', '.')
s.find('o')
s.find('zz')
s.rfind('o')
s.index('o')
s.index('zz')
uni.find('日')
s.count('l')
s.count('')
'aaaa'.count('aa')
', '.join(words)
''.join([1])
'-'.join('abc')
s.partition(', ')
s.rpartition('o')
s.partition('zz')
'prefix-x'.removeprefix('prefix-')
'x.txt'.removesuffix('.txt')
'123'.isdigit()
'12a'.isdigit()
''.isdigit()
'abc'.isalpha()
'ab1'.isalnum()
' \\t'.isspace()
'ABC'.isupper()
'abc'.islower()
'{} and {}'.format(1, 'b')
'{1}{0}'.format('a', 'b')
'{x}'.format(x=5)
'{{}}'.format()
'{}'.format()
'{'.format(1)
s.nosuch
s.nosuch()
nums.append(4)
nums.pop()
nums.index(1)
nums.count(1)
nums.index(99)
d.update({})
d.pop('a')
d.copy()
range(3)|list
range(1, 4)|list
range(10, 0, -3)|list
range(0)|list
range(3)[1]
range(3)|length
range(1, 2, 0)
range('a')
dict(a=1, b=2)
dict([('a', 1)])
dict({'a': 1}, b=2)
namespace(a=1).a
namespace(a=1).b
namespace({'a': 1}).a
namespace(_a=1)
raise_exception('boom')
raise_exception('boom ' ~ five)
raise_exception(nums)
raise_exception()
strftime_now('%Y-%m-%d')
strftime_now('%d %b %Y')
strftime_now('%A, %B %d, %Y %H:%M:%S %p %I %j %y %a')
strftime_now('%-d/%-m/%% %e %F %T %D %R')
'é' < 'f'
'\U0001F600' > '\uffee'
(five)
((five))
d['__class__']
nums['__len__']
loop
caller
1 2
1 +
(1
[1, 2
{'a' 1}
'unclosed
1 if
a b
five is
five is not
five|
s.
s[
!five
five ! = 3
@
five = 3
*nums
f(*nums)
'a'.join(**d)
lambda x: x
five if five else
"""

STATEMENTS = [
    # white space control
    "a\n{% if true %}\nb\n{% endif %}\nc\n", "a\n  {% if true %}  \nb\n  {% endif %}  \nc", "a {%- if true -%} b {%- endif -%} c",
    "a\n{%+ if true %}\nb{% endif %}", "a\n   {%+ if true %}b{% endif %}", "a{% if true +%}\nb{% endif +%}\nc", "  {{ five }}  \n{{ five }}\n",
    "a\n {{- five -}} \n b", "{#- c -#} x", "a {# c #}\nb", "a\n  {# c #}\nb", "a\n  {#- c -#}\n  b", "a {#+ c +#}\nb", "\n\n{% set x = 1 %}\n\n{{ x }}\n\n", "\n",
    "\n\n", "a\r\nb\rc\n", "{{ 'a\r\nb' }}", "x{{ five }}\n{% if true %}y{% endif %}\n", "\t{% if true %}\tx\t{% endif %}\t", "  {% if true %}a{% endif %}  {% if true %}b{% endif %}\n  c",
    "{{ five\n}}\n{{ five }}", "{%if true%}x{%endif%}", "{{five}}{{-five}}{{five-}} x", "\u00a0{%- if true %}\u00a0\u2003x{% endif -%}\u3000 y", "a\n{% raw %}\n{{ x }} {% if %}\n{% endraw %}\nb",
    "a {%- raw -%} {{ x }} {%- endraw -%} b", "{% raw %}{# c #}{% endraw %}", "{% raw %}x", "{{ '{{' }}{{ '%}' }}", "{{ {'a': {'b': 1}}}}", "{{ {'a': {'b': 1} }.a.b }}",
    "a {# unclosed", "{% if true %}", "{{ five", "{% endif %}", "{% nosuch %}", "{{ }}", "{% %}", "{% if %}x{% endif %}", "{ { x } }", "{", "{%", "{{", "a{", "}} %} #}", "{{ five }}}}",
    "{% set x = 1 -%}\n\n  y", "{%- set x = 1 %}\ny", "{% for i in nums %}\n{{ i }}\n{% endfor %}", "{% for i in nums -%}\n{{ i }}\n{%- endfor %}", "{% for i in nums %}{{ i }}\n{% endfor %}z",
    "<div>\n    {% if true %}\n        yay\n    {% endif %}\n</div>\n", "{{ five }}\n{{ five }}", "a\x0b{%- if true %}b{% endif %}", "line\n\t {# x #}\t\nnext",
    # for
    "{% for i in nums %}{{ i }},{% endfor %}", "{% for i in [] %}x{% else %}none{% endfor %}", "{% for i in nums %}x{% else %}none{% endfor %}", "{% for a, b in nested %}{{ a }}-{{ b }};{% endfor %}",
    "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}", "{% for k in d %}{{ k }};{% endfor %}", "{% for c in s %}{{ c }}.{% endfor %}", "{% for c in uni %}[{{ c }}]{% endfor %}",
    "{% for i in five %}{% endfor %}", "{% for i in none %}{% endfor %}", "{% for i in undefinedthing %}x{% else %}e{% endfor %}", "{% for a, b in nums %}{% endfor %}", "{% for a, b in [[1,2,3]] %}{% endfor %}",
    "{% for a, b in [[1]] %}{% endfor %}", "{% for a, (b, c) in [[1, [2, 3]]] %}{{ a }}{{ b }}{{ c }}{% endfor %}", "{% for (a, b) in nested %}{{ a }}{% endfor %}", "{% for a, in [[1]] %}{{ a }}{% endfor %}",
    "{% for i in nums %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }};{% endfor %}",
    "{% for i in nums %}{{ loop.previtem }}<{{ i }}>{{ loop.nextitem }};{% endfor %}", "{% for i in nums %}{{ loop.previtem is defined }}{{ loop.nextitem is defined }};{% endfor %}",
    "{% for i in nums %}{{ loop.previtem + 1 }}{% endfor %}", "{% for i in nums %}{{ loop.cycle('a', 'b') }}{% endfor %}", "{% for i in [1,1,2,2,1] %}{{ loop.changed(i) }};{% endfor %}", "{% for i in nums %}{{ loop.depth }}{{ loop.depth0 }}{% endfor %}",
    "{% for i in nums if i > 1 %}{{ loop.index }}/{{ loop.length }}:{{ i }};{% endfor %}", "{% for i in nums if i > 9 %}x{% else %}none{% endfor %}", "{% for i in nums if i is odd %}{{ loop.last }}{{ i }};{% endfor %}",
    "{% for i in nums|select('odd') %}{{ loop.index }}{{ loop.last }}{{ loop.length }};{% endfor %}", "{% for i in nums %}{% for j in nums %}{{ loop.index }}{% endfor %}{{ loop.index }};{% endfor %}",
    "{% for i in nums %}{% if i == 1 %}{% break %}{% endif %}{{ i }}{% endfor %}", "{% for i in nums %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endfor %}", "{% for i in nums %}{% break %}{% else %}e{% endfor %}",
    "{% for i in [1,2] %}{% for j in [1,2,3] %}{% if j == 2 %}{% break %}{% endif %}{{ i }}{{ j }};{% endfor %}{% endfor %}", "{% break %}", "{% continue %}", "{% for i in nums %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}",
    "{% for n in tree recursive %}{{ n.v }}[{{ loop(n.kids) }}]{% endfor %}", "{% for n in tree recursive %}{{ loop.depth }}:{{ n.v }} {{ loop(n.kids) }}{% endfor %}", "{% for i in nums %}{{ loop(nums) }}{% endfor %}",
    "{% for i in range(3) %}{{ i }}{% endfor %}", "{% for i in 1, 2, 3 %}{{ i }}{% endfor %}", "{% for i in (1, 2) %}{{ i }}{% endfor %}", "{% for i in nums[::-1] %}{{ i }}{% endfor %}", "{% for i in nums if true else [] %}{{ i }}{% endfor %}",
    "{% for i in (nums if true else []) %}{{ i }}{% endfor %}", "{% for loop in nums %}{% endfor %}", "{% for i in nums %}{% set loop = 1 %}{% endfor %}", "{{ loop }}", "{% for i in nums %}{{ i }}{% endfor %}{{ i }}",
    "{% set i = 9 %}{% for i in nums %}{{ i }}{% endfor %}{{ i }}", "{% for i in nums: %}{{ i }}{% endfor %}", "{% for i nums %}{% endfor %}", "{% for %}{% endfor %}", "{% for 1 in nums %}{% endfor %}", "{% for a.b in nums %}{% endfor %}",
    "{% for i in nums %}{{ loop.nosuch }}{% endfor %}", "{% for i in nums %}{{ loop.length }}{{ loop.nextitem }};{% endfor %}", "{% for i in nums if loop.index > 1 %}{{ i }}{% endfor %}",
    "{% set ns = namespace(stop=false) %}{% for i in nums if not ns.stop %}{{ i }}{% set ns.stop = true %}{% endfor %}", "{% set g = nums|map('string') %}{{ g|list }}{{ g|list }}", "{% set g = nums|select('odd') %}{{ g|first }}{{ g|list }}",
    # if
    "{% if five > 3 %}a{% elif five > 1 %}b{% else %}c{% endif %}", "{% if false %}a{% elif five > 1 %}b{% else %}c{% endif %}", "{% if false %}a{% elif false %}b{% else %}c{% endif %}", "{% if undefinedthing %}a{% else %}b{% endif %}",
    "{% if nolist %}a{% endif %}b", "{% if five is nosuchtest %}{% endif %}", "{% if false %}{{ five|nosuchfilter }}{% endif %}ok", "{% if true %}{{ five|nosuchfilter }}{% endif %}", "{% for i in [] %}{{ five|nosuchfilter }}{% endfor %}",
    "{% if false %}{% for i in [] %}{{ five|nosuchfilter }}{% endfor %}{% endif %}", "{% if 1, 2 %}x{% endif %}", "{% if x = 1 %}{% endif %}", "{% if true: %}x{% endif %}", "{% if a %}{% else %}{% else %}{% endif %}", "{% if true %}{% endfor %}",
    # set and scope
    "{% set x = 1 %}{{ x }}", "{% set x, y = 1, 2 %}{{ x }}{{ y }}", "{% set x, y = [1, 2, 3] %}", "{% set x = 1, 2 %}{{ x }}", "{% set x %}a{{ five }}b{% endset %}{{ x|upper }}", "{% set x | upper %}abc{% endset %}{{ x }}",
    "{% set x | replace('a', 'b') | upper %}abc{% endset %}{{ x }}", "{% set x = 1 %}{% for i in nums %}{% set x = i %}{% endfor %}{{ x }}", "{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }}", "{% if false %}{% set x = 2 %}{% endif %}{{ x }}",
    "{% for i in nums %}{{ x }}{% set x = i %}{% endfor %}", "{% for i in nums %}{% set x = i %}{{ x }}{% endfor %}{{ x is defined }}", "{% set x = 0 %}{% for i in nums %}{% set x = x + i %}{{ x }},{% endfor %}{{ x }}",
    "{% for i in nums %}{% if i == 1 %}{% set x = 'yes' %}{% endif %}{{ x }};{% endfor %}", "{% set x = 1 %}{% for i in nums %}{% for j in nums %}{% set x = x + 1 %}{% endfor %}{{ x }}{% endfor %}", "{% set five = 6 %}{{ five }}", "{{ five }}{% set five = 6 %}{{ five }}",
    "{% if five %}{% set five = 6 %}{% endif %}{{ five }}", "{% for i in nums %}{% set five = five + i %}{{ five }},{% endfor %}{{ five }}", "{% set ns = namespace(x=0) %}{% for i in nums %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}",
    "{% set ns = namespace() %}{% set ns.a = 1 %}{{ ns.a }}{{ ns.b }}", "{% set ns.a = 1 %}", "{% set d.a = 1 %}", "{% set ns = namespace() %}{% set ns._a = 1 %}", "{% set ns = namespace(a=1, b=2) %}{% set ns.a, ns.b = 3, 4 %}{{ ns.a }}{{ ns.b }}",
    "{% set ns = namespace() %}{% set ns.x %}block{% endset %}{{ ns.x }}", "{% set ns = namespace(items=[]) %}{% for i in nums %}{% set ns.items = ns.items + [i * 2] %}{% endfor %}{{ ns.items }}", "{% set ns = namespace(l=[]) %}{{ ns.l.append(1) }}",
    "{% set 1 = 2 %}", "{% set none = 2 %}", "{% set x %}", "{% set x = %}", "{% set %}", "{% set x y %}", "{% set loop = 1 %}{{ loop }}", "{% set a = b = 1 %}", "{% set x = 1 if false %}{{ x is defined }}",
    "{% with x = 1, y = 2 %}{{ x }}{{ y }}{% endwith %}{{ x }}", "{% with %}{% set x = 1 %}{{ x }}{% endwith %}{{ x is defined }}", "{% set x = 1 %}{% with y = x, x = 2 %}{{ x }}{{ y }}{% endwith %}{{ x }}", "{% with x = 1 %}{% for i in nums %}{{ x + i }}{% endfor %}{% endwith %}",
    "{% set x = 'outer' %}{% set y %}{% set x = 'inner' %}{{ x }}{% endset %}{{ x }}{{ y }}", "{% filter upper %}abc {{ s }}{% endfilter %}", "{% filter replace('a', 'b')|upper %}abc{% endfilter %}", "{% filter trim %}  x {% set q = 1 %}{% endfilter %}{{ q is defined }}",
    "{% generation %}a{{ five }}{% endgeneration %}", "{% for i in nums %}{% generation %}{{ i }}{% set x = i %}{% endgeneration %}{{ x is defined }}{% endfor %}", "a\n  {%- generation -%}\n b \n{%- endgeneration %}\nc", "{% for i in nums %}{% set x %}{% break %}{% endset %}{% endfor %}k",
    # macros
    "{% macro m() %}x{% endmacro %}{{ m() }}{{ m() }}", "{% macro m(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(b=4, a=5) }}{{ m() }}", "{% macro m(a) %}{{ a is defined }}{{ a }}{% endmacro %}{{ m() }}", "{% macro m(a) %}{{ a.x }}{% endmacro %}{{ m() }}",
    "{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "{% macro m(a) %}{% endmacro %}{{ m(b=2) }}", "{% macro m(a) %}{{ varargs }}{% endmacro %}{{ m(1, 2, 3) }}", "{% macro m(a) %}{{ kwargs }}{% endmacro %}{{ m(1, z=3) }}", "{% macro m(a, b=a) %}{{ b }}{% endmacro %}{{ m(7) }}",
    "{% macro m(a, b=five) %}{{ b }}{% endmacro %}{{ m(7) }}", "{% macro m(n) %}{% if n > 0 %}{{ n }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(3) }}", "{% macro m() %}{{ x }}{% endmacro %}{% set x = 1 %}{{ m() }}", "{% set x = 1 %}{% macro m() %}{% set x = 2 %}{{ x }}{% endmacro %}{{ m() }}{{ x }}",
    "{% macro m() %}{{ five }}{% endmacro %}{{ m() }}", "{% macro m() %}a{% endmacro %}{% set r = m() %}{{ r|upper }}{{ r is string }}", "{% macro m(x) %}{{ x }}{% endmacro %}{% for i in nums %}{{ m(i) }}{% endfor %}", "{{ m() }}{% macro m() %}x{% endmacro %}",
    "{% macro m() %}<{{ caller() }}>{% endmacro %}{% call m() %}in{{ five }}{% endcall %}", "{% macro m() %}<{{ caller(1, 2) }}>{% endmacro %}{% call(a, b) m() %}{{ a }}+{{ b }}{% endcall %}", "{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}", "{% macro m() %}x{% endmacro %}{% call m() %}y{% endcall %}",
    "{% macro m(a) %}{{ a }}{{ caller() }}{% endmacro %}{% call m('z') %}y{% endcall %}", "{% call five %}x{% endcall %}", "{% call five() %}x{% endcall %}", "{% macro m(a=1, b) %}{% endmacro %}", "{% macro m %}{% endmacro %}", "{% macro 1() %}{% endmacro %}", "{% macro m(a %}{% endmacro %}",
    "{% macro m() %}\n  a\n{% endmacro %}[{{ m() }}]", "{% macro m() -%}\n  a\n{%- endmacro %}[{{ m() }}]", "{% for i in nums %}{% macro m() %}{{ i }}{% endmacro %}{{ m() }}{% endfor %}", "{% macro a() %}a{% endmacro %}{% macro b() %}{{ a() }}b{% endmacro %}{{ b() }}",
    "{% macro a() %}{{ b() }}a{% endmacro %}{% macro b() %}b{% endmacro %}{{ a() }}", "{% if true %}{% macro a() %}a{% endmacro %}{% endif %}{{ a() }}", "{% macro m() %}{% for i in nums %}{{ loop.index }}{% endfor %}{% endmacro %}{% for j in [1] %}{{ m() }}{% endfor %}",
    "{% macro m(x) %}{{ raise_exception('in ' ~ x) }}{% endmacro %}{{ m('macro') }}", "{% macro m(d) %}{% for k, v in d|dictsort %}{{ k }}:{% if v is mapping %}({{ m(v) }}){% else %}{{ v }}{% endif %};{% endfor %}{% endmacro %}{{ m({'a': {'b': 1, 'c': {}}, 'd': 2}) }}",
    "{% macro m(a) %}{{ a.name }}{% endmacro %}{{ users|map(attribute='name')|join(m(users[0])) }}", "{{ five }}{% macro five() %}m{% endmacro %}{{ five() }}",
    "{% for i in [1] %}{{ late }}{% endfor %}{% set late = 1 %}", 
    "{{ five }}{% for i in [1] %}{{ five }}{% endfor %}{% set five = 6 %}", 
    "{% for i in [1] %}{{ five }}{% endfor %}{% if false %}{% set five = 6 %}{% endif %}{{ five }}",
    # expressions in statements
    "{{ users[0].name ~ ': ' ~ users[0].age }}", "{{ 'a' if users|length > 2 else 'b' }}", "{{ users|length - 1 }}", "{{ (users|length - 1) * 2 }}", "{{ s|length > 5 and s|lower != s }}", "{{ not s|length }}", "{{ s | replace('o', '0') | upper ~ '!' }}", "{{ 'x' ~ s|upper ~ 'y' }}",
    "{{ - five + 2 }}", "{{ 2 - five }}", "{{ 2-five }}", "{{ 'a'~'b'+'c' }}", "{{ 1 + 2 ~ 3 + 4 }}", "{{ 1 ~ 2 * 3 }}", "{{ five|string + 'x' }}", "{{ (five|string) + 'x' }}", "{{ d.b.c|join('-') }}", "{{ d['b'].c[0] + d.a }}", "{{ users[five - 4].name }}", "{{ nums[-1] }}{{ nums[- 1] }}",
    "{{ \"{% if %}\" }}", "{{ '{{ x }}' }}", "{{ s.split(', ')[1].lower() }}", "{{ (s + '!').upper() }}", "{{ 'abc'[1] }}", "{{ [1, 2][0] }}", "{{ {'a': [1, {'b': 2}]}.a[1].b }}", "{{ (1, 2)[1] }}", "{{ 5.0.x }}", "{{ range(3).x }}", "{{ true.x }}", "{{ d.b.c.0 }}{{ d.b.c.1 }}", "{{ nested.0.1 }}",
    "{% do nums %}", "{{ nums|length == 3 }}", "{{ [s, five, none]|join(' ') }}", "{{ (nums + [4])|length }}", "{{ users|selectattr('name', 'equalto', 'Ada')|first }}", "{{ (users|selectattr('on')|list)[1].name }}", "{{ users|map(attribute='age')|sum / users|length }}",
    "{{ 'é' ~ '日本'|length }}", "{{ mixed|map('string')|join(' ') }}", "{{ {'b': 1, 'a': 2}|tojson }}", "{{ [{'type': 'text', 'text': quote}]|tojson(indent=4) }}", "{{ quote }}{{ [quote] }}{{ [\"it's\"] }}{{ ['\"'] }}", "{{ [ctl, uni] }}", "{{ [multi, 'tab\\t', 'back\\\\'] }}",
    "{{ [1.0, 1e100, -0.5, 12345678901234567.0] }}", "{{ [true, none, undefinedthing] }}", "{{ {'a': (1,), 'b': ()} }}", "{{ {true: 1, none: 2, 3: 4, 1.5: 6} }}", "{{ users[0] }}", "{{ ('a', 'b')|list }}{{ ('a',)|tojson }}",
]
