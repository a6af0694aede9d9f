"""The stand-alone verifier. The portal walks its chains with the same code that auditors run."""
