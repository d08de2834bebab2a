/* A template as a phone shows it, with its variables or with their examples. */

const VARIABLE = /\{\{([^{}]*)\}\}/g;
const MEDIA = new Set(["IMAGE", "VIDEO", "DOCUMENT"]);

export const partOf = (template, type) => template.components.find((component) => component.type === type);

const namesIn = (text) => [...text.matchAll(VARIABLE)].map(([, name]) => name);

/** Example by name of the variable. */
export function examplesOf(template, type) {
  const part = partOf(template, type);
  const example = part?.example || {};
  const key = type === "BODY" ? "body_text" : "header_text";
  const named = example[`${key}_named_params`];
  if (named) return Object.fromEntries(named.map((each) => [each.param_name, each.example]));
  const values = type === "BODY" ? example.body_text?.[0] : example.header_text;
  return Object.fromEntries(namesIn(part?.text || "").map((name, place) => [name, values?.[place] ?? "482913"]));
}

export const filledIn = (text, values) => text.replace(VARIABLE, (all, name) => values[name] ?? all);

/** What `messagePaper` draws. */
export function lookOf(template, filled) {
  const header = partOf(template, "HEADER");
  const body = partOf(template, "BODY");
  const fill = (text, type) => (filled ? filledIn(text, examplesOf(template, type)) : text);
  return {
    header: header?.text ? fill(header.text, "HEADER") : "",
    body: fill(body?.text || "", "BODY"),
    footer: partOf(template, "FOOTER")?.text || "",
    buttons: (partOf(template, "BUTTONS")?.buttons || []).map((button) => ({ ...button, type: isCode(button) ? "COPY_CODE" : button.type })),
    media: MEDIA.has(header?.format) ? { kind: header.format.toLowerCase(), filename: "Document.pdf" } : null,
    location: header?.format === "LOCATION" ? { latitude: -17.8292, longitude: 31.0522, name: "A place", address: "" } : null,
  };
}

const isCode = (button) => button.type === "OTP" || button.url?.startsWith("https://www.whatsapp.com/otp/code/");

const text = (value, name, named) => ({ type: "text", ...(named && { parameter_name: name }), text: value });

function valuesOf(template, type) {
  const named = template.parameter_format === "NAMED";
  return Object.entries(examplesOf(template, type)).map(([name, value]) => text(value, name, named));
}

function headerParameters(template) {
  const header = partOf(template, "HEADER");
  if (!header) return [];
  if (header.format === "LOCATION") return [{ type: "location", location: lookOf(template, true).location }];
  const kind = header.format.toLowerCase();
  if (MEDIA.has(header.format)) return [{ type: kind, [kind]: { link: `https://shop.example/${kind}` } }];
  return valuesOf(template, "HEADER");
}

function urlEnding(button) {
  const [before] = button.url.split("{{");
  const example = Array.isArray(button.example) ? button.example[0] : button.example;
  return String(example || "A-19").replace(before, "") || "A-19";
}

const BUTTONS = {
  URL: (button) => button.url.includes("{{") && ["url", { type: "text", text: isCode(button) ? "482913" : urlEnding(button) }],
  COPY_CODE: (button) => ["copy_code", { type: "coupon_code", coupon_code: String([button.example].flat()[0] || "CODE20") }],
};

function buttonParts(template) {
  const buttons = partOf(template, "BUTTONS")?.buttons || [];
  return buttons.flatMap((button, index) => {
    const needed = BUTTONS[button.type]?.(button);
    return needed ? [{ type: "button", sub_type: needed[0], index: String(index), parameters: [needed[1]] }] : [];
  });
}

/** A send that Meta takes, with the template's own examples. */
export function exampleSend(template, to = "+263771234567") {
  const header = headerParameters(template);
  const body = valuesOf(template, "BODY");
  const components = [
    ...(header.length ? [{ type: "header", parameters: header }] : []),
    ...(body.length ? [{ type: "body", parameters: body }] : []),
    ...buttonParts(template),
  ];
  return {
    messaging_product: "whatsapp",
    to,
    type: "template",
    template: { name: template.name, language: { code: template.language }, ...(components.length && { components }) },
  };
}
