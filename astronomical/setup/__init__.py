"""Set up a project, independently of the screen: shared by the wizard, the settings and ``astronomical new``."""
