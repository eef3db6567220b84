"""The dashboard: the only package that knows Panel and Bokeh."""
