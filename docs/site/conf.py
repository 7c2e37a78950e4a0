"""How Sphinx makes the site of the pages that `build.py` has put together. Nothing is loaded from elsewhere."""

project = "convmark"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "convmark"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
html_last_updated_fmt = None
html_theme_options = {"top_of_page_buttons": []}
myst_heading_anchors = 3
highlight_language = "none"  # a block without a language is a shell line or what it prints
suppress_warnings = ["misc.highlighting_failure"]  # questions of the bank hold placeholders, which are no YAML
