"""The documents of docs/ as pages of the site: searchable, without a network, for anybody."""
