"""The manual, offline: the pages of the documentation as Qt shows them."""
