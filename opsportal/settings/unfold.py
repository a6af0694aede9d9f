"""The admin in the portal's look. Names in quotes are functions that Unfold calls with the request."""

# The portal's blue (hue 254) and its greys, in the steps that Unfold wants.
_PRIMARY = {
    "50": "oklch(97% .014 254)",
    "100": "oklch(93.5% .03 254)",
    "200": "oklch(88% .06 254)",
    "300": "oklch(80% .1 253)",
    "400": "oklch(70.5% .14 252)",
    "500": "oklch(62% .16 252)",
    "600": "oklch(52% .165 254)",
    "700": "oklch(46% .155 255)",
    "800": "oklch(40% .13 256)",
    "900": "oklch(35% .105 257)",
    "950": "oklch(27% .08 258)",
}
_BASE = {
    "50": "oklch(98.5% .003 254)",
    "100": "oklch(97% .006 254)",
    "200": "oklch(92% .008 254)",
    "300": "oklch(87% .01 254)",
    "400": "oklch(71% .014 254)",
    "500": "oklch(55% .016 254)",
    "600": "oklch(44% .016 254)",
    "700": "oklch(36% .016 254)",
    "800": "oklch(26% .016 254)",
    "900": "oklch(20.5% .012 254)",
    "950": "oklch(17% .012 254)",
}

UNFOLD = {
    "SITE_TITLE": "opsportal admin",
    "SITE_HEADER": "opsportal",
    "SITE_SUBHEADER": "Administration",
    "SITE_ICON": "opsportal.portal.admin_look.mark",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "opsportal.portal.admin_look.mark"}],
    "SITE_URL": "/",
    "SITE_DROPDOWN": "opsportal.portal.admin_look.ways_out",
    "SHOW_VIEW_ON_SITE": True,
    "SHOW_HISTORY": False,
    "THEME": "opsportal.portal.admin_look.theme",
    "ENVIRONMENT": "opsportal.portal.admin_look.environment",
    "BORDER_RADIUS": "6px",
    "COLORS": {"base": _BASE, "primary": _PRIMARY},
    "STYLES": ["opsportal.portal.admin_look.stylesheet"],
    "SIDEBAR": {
        "show_search": True,
        "command_search": False,
        "show_all_applications": False,
        "navigation": "opsportal.portal.admin_look.navigation",
    },
}
