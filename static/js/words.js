// What a page says, in the reader's language. Without the catalogue (/jsi18n/) it says it in English.

export const _ = globalThis.gettext ?? ((text) => text);

// fill(_("about %(n)s min left"), { n: 5 }): the values in their places.
export const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (whole, name) => String(values[name] ?? whole));
