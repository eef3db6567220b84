"""Everything on the page except the panes: start page, workbench, header, keys and dialogs."""
