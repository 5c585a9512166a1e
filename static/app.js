// Everything works without this file; with it, some of it is quicker.
// Sections: selection (three-state, range), upload (drop, progress), preview (live), counters, ranges,
// moment (strip), once, polling, copy, start.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// Selection: [data-selection] wraps checkboxes named "ids", a [data-count] and one [data-select-all],
// or, where all that match are selected (data-match says how many), a [data-all], a [data-left-out]
// and one [data-everything]. data-elsewhere videos are ticked, or unticked, on other pages.
function selection(root) {
  const all = $("[data-select-all]", root);
  const everything = $("[data-everything]", root);
  const leftOut = $("[data-left-out]", root);
  const boxes = $$('input[name="ids"]', root);
  const elsewhere = Number(root.dataset.elsewhere || 0);
  const match = Number(root.dataset.match || 0);
  const number = (value) => value.toLocaleString(document.documentElement.lang);
  let last = null;
  const show = () => {
    const here = boxes.filter((box) => box.checked).length;
    const without = boxes.length - here + elsewhere;
    if (all) {
      all.checked = here > 0 && here === boxes.length;
      all.indeterminate = here > 0 && here < boxes.length;
    }
    if (everything) {
      everything.indeterminate = without > 0;
      leftOut.hidden = !without;
      $("b", leftOut).textContent = number(without);
    }
    const chosen = everything ? match - without : here + elsewhere;
    for (const count of $$("[data-count], [data-all]", root)) count.textContent = number(chosen);
  };
  all?.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    show();
  });
  for (const [index, box] of boxes.entries()) {
    box.addEventListener("click", (event) => {
      if (event.shiftKey && last !== null) {
        const [from, to] = [Math.min(last, index), Math.max(last, index)];
        for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
      }
      last = index;
      show();
    });
  }
  $("[data-clear]", root)?.addEventListener("click", (event) => {
    event.preventDefault();
    for (const box of boxes) box.checked = false;
    show();
    all?.focus();
  });
  everything?.addEventListener("change", () => $("[data-clear-all]", root).click());
  // A link to another page of the list goes by the form, which knows what is ticked here; the button
  // beside it does so without a script.
  for (const link of $$("[data-carry]")) {
    link.addEventListener("click", (event) => {
      const opensBeside = event.ctrlKey || event.metaKey || event.shiftKey;
      if (opensBeside || boxes.every((box) => box.checked === box.defaultChecked)) return;
      event.preventDefault();
      link.nextElementSibling.click();
    });
  }
  // After Back the browser ticks the boxes again, once this has run.
  window.addEventListener("pageshow", show);
  show();
}

// Upload: [data-upload] is a form with a file input, a [data-progress] and a [data-status], which
// carries the sentences that it shows.
function upload(form) {
  const input = $('input[type="file"]', form);
  const drop = $(".drop", form);
  const bar = $("[data-progress]", form);
  const status = $("[data-status]", form);
  const title = $('input[name="title"]', form);
  const chosen = () => {
    const file = input.files[0];
    if (!file) return;
    if (title && !title.value) title.value = file.name.replace(/\.[^.]+$/, "").replaceAll("_", " ").slice(0, 200);
  };
  input.addEventListener("change", chosen);
  for (const type of ["dragover", "dragleave", "drop"]) {
    drop?.addEventListener(type, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", type === "dragover");
      if (type === "drop" && event.dataTransfer.files.length) {
        input.files = event.dataTransfer.files;
        chosen();
      }
    });
  }
  form.addEventListener("submit", (event) => {
    if (!input.files.length) return;
    event.preventDefault();
    const { most, tooLarge } = status.dataset;
    if (most && input.files[0].size > Number(most)) {
      status.textContent = tooLarge;
      status.classList.add("error");
      return;
    }
    status.classList.remove("error");
    const request = new XMLHttpRequest();
    const button = $('button[type="submit"]', form);
    let said = -10;
    const fail = (sentence) => {
      button.disabled = false;
      $(".progress", form).hidden = true;
      status.textContent = sentence;
      status.classList.add("error");
    };
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      const percent = Math.floor((100 * loaded) / total);
      bar.value = percent;
      if (percent - said >= 10) {
        said = percent;
        const { sending, sent } = status.dataset;
        status.textContent = percent < 100 ? sending.replace("{percent}", percent) : sent;
      }
    });
    request.addEventListener("load", () => {
      let answer = {};
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        // Not ours, perhaps a proxy's page.
      }
      if (answer.location) window.location.assign(answer.location);
      else fail(answer.detail || status.dataset.failed);
    });
    request.addEventListener("error", () => fail(status.dataset.lost));
    button.disabled = true;
    status.classList.remove("error");
    $(".progress", form).hidden = false;
    request.send(new FormData(form));
  });
}

// Live preview: [data-live-preview] is a form; the [data-preview] image shows its fields, a moment
// after the last change, from the address in data-live-preview. [data-no-preview] says that it can't.
function livePreview(form) {
  const image = $("[data-preview]", form);
  const problem = $("[data-no-preview]", form);
  let timer = null;
  const show = () => {
    if (!form.isConnected) return;
    const query = new URLSearchParams();
    for (const [key, value] of new FormData(form)) {
      if (typeof value === "string" && !/^(csrf|idempotency)/.test(key)) query.append(key, value);
    }
    image.src = `${form.dataset.livePreview}?${query}`;
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, 250);
  });
  image.addEventListener("load", () => (problem.hidden = true));
  image.addEventListener("error", () => (problem.hidden = false));
}

// Counters: [data-counter="ID"] shows how much of the field's maxlength is used.
function counter(output) {
  const input = document.getElementById(output.dataset.counter);
  const show = () => (output.textContent = `${[...input.value].length} / ${input.maxLength}`);
  input.addEventListener("input", show);
  show();
}

// Ranges: a range with data-range-for="ID" drags that number, and follows what is typed there.
function rangeFor(range) {
  const number = document.getElementById(range.dataset.rangeFor);
  range.value = number.value;
  range.hidden = false;
  range.addEventListener("input", () => (number.value = range.value));
  number.addEventListener("input", () => (range.value = number.value));
}

// Moment: [data-moment] wraps two numbers, [data-start] and [data-length], of a video that is
// data-moment seconds long. What reaches past its end makes the other give way. [data-strip] shows
// frames of the video at its data-strip address, if it has one, with what is chosen marked; a press
// there starts it.
function moment(root) {
  const total = Number(root.dataset.moment);
  const start = $("[data-start]", root);
  const length = $("[data-length]", root);
  const strip = $("[data-strip]", root);
  const fit = (changed, other) => {
    const least = Number(other.min);
    const room = tenths(total - changed.value);
    if (changed.value && Number(other.value) > room && room >= least) {
      other.value = room;
      $(`[data-range-for="${other.id}"]`, root).value = room;
    }
    strip.style.setProperty("--from", start.value / total);
    strip.style.setProperty("--share", length.value / total);
  };
  start.addEventListener("input", () => fit(start, length));
  length.addEventListener("input", () => fit(length, start));
  root.addEventListener("input", (event) => {
    const number = document.getElementById(event.target.dataset.rangeFor);
    if (number) fit(number, number === start ? length : start);
  });
  strip.addEventListener("click", (event) => {
    const { left, width } = strip.getBoundingClientRect();
    const at = ((event.clientX - left) / width) * total - length.value / 2;
    start.value = tenths(Math.max(0, Math.min(at, start.max)));
    start.dispatchEvent(new Event("input", { bubbles: true }));
  });
  fit(start, length);
  if (strip.dataset.strip) film(strip, total);
}

// Down to a tenth of a second; what is one but for the error of binary fractions stays one.
const tenths = (seconds) => Math.floor(seconds * 10 + 1e-6) / 10;

// One picture after the other, each drawn when the video has come there.
function film(strip, total) {
  const frames = $$("canvas", strip);
  const video = document.createElement("video");
  let next = 0;
  const seek = () => (video.currentTime = ((next + 0.5) / frames.length) * total);
  video.muted = true;
  video.preload = "auto";
  video.addEventListener("loadeddata", seek, { once: true });
  video.addEventListener("seeked", () => {
    const frame = frames[next];
    frame.width = 160;
    frame.height = Math.round((160 * video.videoHeight) / video.videoWidth);
    frame.getContext("2d").drawImage(video, 0, 0, frame.width, frame.height);
    strip.hidden = false;
    next += 1;
    if (next < frames.length && strip.isConnected) seek();
    else video.removeAttribute("src");
  });
  video.src = strip.dataset.strip;
}

// A form is sent once: a double click does not send it twice. Back makes it usable again.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "1";
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // what a browser has kept for Back may have changed since
  for (const form of $$("form[data-sent]")) delete form.dataset.sent;
});

// A filter form leaves its empty fields out of the address.
document.addEventListener("formdata", ({ target, formData }) => {
  if (target.method !== "get") return;
  for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
});

// Polling rests while nobody looks.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.target.matches("[hx-trigger^='every']")) event.preventDefault();
});

for (const form of $$("[data-submit-on-change]")) {
  for (const select of form.elements) {
    if (select.matches("select")) select.addEventListener("change", () => form.requestSubmit());
  }
}
// What sticks beneath the bar has to know how tall it is.
const state = $(".bar");
if (state) {
  new ResizeObserver(() => {
    document.documentElement.style.setProperty("--bar-size", `${state.offsetHeight}px`);
  }).observe(state);
}

// The sign-up takes the time zone from the browser, for the times that the pages show.
function timeZone(input) {
  input.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
}

// Copy: [data-copy="ID"] copies that field. Without a script the field is there to be selected, so
// the button is hidden. The [data-copied] beside it has both sentences.
function copy(button) {
  const field = document.getElementById(button.dataset.copy);
  const said = $("[data-copied]", button.parentElement);
  button.hidden = false;
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    field.focus();
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      said.textContent = said.dataset.copied;
    } catch {
      said.textContent = said.dataset.notCopied;
    }
  });
}

// Start: on the page, then on each part that comes later.
function begin(root) {
  for (const part of $$("[data-selection]", root)) selection(part);
  for (const form of $$("[data-upload]", root)) upload(form);
  for (const output of $$("[data-counter]", root)) counter(output);
  for (const range of $$("[data-range-for]", root)) rangeFor(range);
  for (const part of $$("[data-moment]", root)) moment(part);
  for (const input of $$("[data-time-zone]", root)) timeZone(input);
  for (const button of $$("[data-copy]", root)) copy(button);
  for (const form of $$("[data-live-preview]", root)) livePreview(form);
}
begin(document);
document.addEventListener("htmx:load", ({ target }) => {
  if (target !== document.body) begin(target);
});
