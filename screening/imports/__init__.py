"""The door for a study that was read elsewhere: files in, a closed study with its readers and scores out.

``parts`` and the modules of the formats read files and know no database; ``content`` puts them together and refuses;
``services`` stores. What never happened here (exposures, a frozen protocol) stays unknown.
"""
