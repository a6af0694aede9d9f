"""What browsers may load and run on our pages. Why each exception exists is in docs/ui.md."""

NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE = "'none'", "'self'", "'unsafe-eval'", "'unsafe-inline'"

STRICT = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "manifest-src": [SELF],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
    "base-uri": [NONE],
}
CONTENT_SECURITY_POLICY = {"DIRECTIVES": STRICT}

CSP_BY_PREFIX = {
    # Unfold styles elements directly, and its Alpine evaluates the expressions in its templates.
    "/admin/": {**STRICT, "script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]},
    # Swagger UI styles elements directly.
    "/api/docs": {**STRICT, "style-src": [SELF, UNSAFE_INLINE]},
}
