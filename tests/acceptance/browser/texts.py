"""What people write who mean harm, or who just write: each is to be shown as it is, and to do nothing."""

SAID = "window.hacked = true"
TEXTS = {
    "markup": '</td></table></main><b>bold</b><h1 id="main">Free &amp; &lt;easy&gt; &#x3c;i&#x3e;',
    "script": f"</title></textarea></script><script>{SAID}</script><img src=x onerror='{SAID}'>"
    f"<svg onload='{SAID}'>",
    "attribute": f"\" autofocus tabindex=1 onfocus=\"{SAID}\" ' onmouseover='{SAID}' x=`",
    "template": "{{ 7 * 7 }} {% include 'layout.html' %} ${" + SAID + "} {# none #} %(name)s {0}",
    "htmx": f'<a hx-get="/songs" hx-trigger="load" hx-on::load="{SAID}" data-hx-on:load="{SAID}">x</a>',
    "link": f"javascript:{SAID}//https://elsewhere.example/ data:text/html,<script>{SAID}</script>",
    "lines": "one\r\ndata: two\n\nevent: gone\ndata: three\r\rid: four",
    "controls": "bell \x07 escape \x1b[31m delete \x7f next line \x85 separators \u2028\u2029"
    " zero\u200bwidth\ufeff",
    "emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 🇪🇸 ❤️‍🔥 ﷽ Z̸̡̛͖͇̤͉̲̦̗̞̐̾͗̊̀̑͘͜ḁ̷̢̛̞̮͙̘̮̦̊̾̄́̎̋̄͝l̸̨̛̪̭͈̗̹̳̦͊̓̀̂̐͌̚͝ǵ̶̡̛̬̗̳͔̣̞̖̋̎̓̀͌̚͝o̵̡̧̮̘̠̰̗̬͒̆̓̋̄̑̚͝",
    "right to left": "מוזיקה של לילה، موسيقى الليل 123 (חי)",
    "turned": "The \u202etpircs\u202c song \u2066\u2067isolated\u2069 \u202eand never closed",
    "one word": "W" * 10_000,
    "many words": "lorem ipsum " * 834,
}
"""By what is nasty about each. Whoever has less room takes as much of the beginning as there is."""


PICTURES = {"\ufffd", *(chr(each) for each in range(0x2400, 0x2427))}
"""What is shown for a character that cannot be seen."""


def plain(text: str) -> str:
    """What is left of a text without white space, and without what cannot be seen or pictures of it."""
    return "".join(
        each for each in text if each.isprintable() and not each.isspace() and each not in PICTURES
    )
