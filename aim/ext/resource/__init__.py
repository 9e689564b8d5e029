"""``aim.ext.resource.configs`` of Aim 3."""
