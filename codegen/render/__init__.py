"""Renders interfaces with Jinja2: the templates lay out, the modules here decide what is laid out."""
