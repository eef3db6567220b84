"""A report of a project, as pages and as a package that stands alone."""
