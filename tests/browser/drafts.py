"""Texts that jobs say."""

from typing import Final

TIDES: Final = """# What moves the tide

The moon pulls at the sea, and the sea follows ([Tides explained](https://tides.example/explained)).

| place | range |
|---|--:|
| Bay of Fundy | 16 m |
| Saint-Malo | 12 m |

It turns *twice* a day.
"""
TIDES_CORRECTED: Final = TIDES.replace("It turns *twice* a day.", "It turns four times a day, twice each way.")

HOSTILE_LINE: Final = "w" * 3_000
HOSTILE: Final = f"""# <script>alert('title')</script> Result

<script>alert("inline")</script><script src="https://evil.example/x.js"></script>

<img src="https://evil.example/beacon.png" onerror="alert(1)"><svg onload="alert(2)"></svg>
![pixel](https://evil.example/pixel.png) ![inline](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9ImFsZXJ0KDMpIi8+)

[press me](javascript:alert(4)) [data](data:text/html,<script>alert(5)</script>) [vb](vbscript:msgbox(6))
[a page](https://sources.example/page)

<form method="post" action="/review/JOB/decide"><input name="kind" value="approve">
<button class="main" name="kind" value="approve">Approve and deliver</button></form>
<a class="button" href="https://evil.example/approve">Approve and deliver</a>
<iframe src="https://evil.example/frame"></iframe><style>body {{ display: none }}</style>
<meta http-equiv="refresh" content="0;url=https://evil.example/"><base href="https://evil.example/">
<div style="position: fixed; inset: 0; z-index: 9999; background: url(https://evil.example/bg.png)">cover</div>
<details ontoggle="alert(7)" open><summary>x</summary></details>

</textarea></pre></body><script>alert(8)</script>

invoice\u202egnp.exe and \u2066isolated\u2069 and a\u200bzero

{HOSTILE_LINE}

| {" | ".join(f"column{number}" for number in range(40))} |
|{"---|" * 40}
| {" | ".join("cell" * 5 for _ in range(40))} |

```
{HOSTILE_LINE}
```
"""
"""Everything that a text could try on the person who reads it."""

MIXED: Final = f"""# What moves the tide

It turns four times a day, twice each way ([Tides explained](https://tides.example/explained)).
A hidden sign: \u202e, a dead link: [x](javascript:alert(1)), a picture: ![pixel](https://evil.example/pixel.png).

| {" | ".join(f"column{number}" for number in range(40))} |
|{"---|" * 40}
| {" | ".join(["cell"] * 40)} |

> Quoted, with `code`.

```
{HOSTILE_LINE[:300]}
```
"""
"""A bit of everything that a page has to lay out."""
