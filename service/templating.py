"""HTML from the templates, in a reader's language; everything that is put into one is escaped."""

import jinja2

from service.languages import translations

_templates = jinja2.Environment(
    loader=jinja2.PackageLoader("service"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    extensions=["jinja2.ext.i18n"],
)


def render(template: str, spoken_to: str, **values: object) -> str:
    """Fill a template in; `spoken_to` is the language tag of the reader."""
    environment = _templates.overlay()
    environment.install_gettext_translations(translations(spoken_to), newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    return environment.get_template(template).render(values)
