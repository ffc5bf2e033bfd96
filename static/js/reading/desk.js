// What the reading page is made of, put together once, and the rules that the server gave it.

import { Aid } from "./aid.js";
import { post } from "./api.js";
import { Answers } from "./answers.js";
import { Fatigue } from "./fatigue.js";
import { Outbox } from "./outbox.js";
import { Screen } from "./screen.js";
import { SecondQuestion } from "./syndrome.js";
import { Undo } from "./undo.js";

const find = (id) => document.getElementById(id);

export const rules = JSON.parse(find("page").textContent);
export const screen = new Screen();
export const told = (word, answer) => screen.saving(word ?? "saved", answer?.status);
export const outbox = new Outbox({ session: rules.session, send: post, told });
export const answers = new Answers({
  no: find("no"),
  yes: find("yes"),
  scale: find("scale"),
  confidence: rules.confidence,
  keys: rules.keys,
});
export const second = new SecondQuestion(find("second"), rules.syndromes);
export const aid = new Aid(find("aid"));
export const undo = new Undo(find("undo"));
export const fatigue = new Fatigue({ exposureMs: rules.exposure_ms });
export const url = (trial, door) => `${rules.urls.trials}${trial.token}/${door}/`;
