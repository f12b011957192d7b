// Charts of all views: one measure over the ends of windows, a line for each of the largest groups; ranks as bars of the last window.
const MOST_LINES = 5, REFRESH_MS = 5000, HOUR_MS = 3600000, MOST_REQUESTS = 6;
const WIDTH = 360, HEIGHT = 130, LEFT = 40, BOTTOM = 18, TOP = 8, RIGHT = 6;
const FEATURED = ['auth_realtime_active_users_5min', 'video_realtime_popular_videos', 'auth_realtime_login_rate', 'notification_realtime_delivery_status', 'course_realtime_active_courses_1min'];
const MEASURES = { auth_realtime_login_rate: 'success_rate', video_realtime_watch_time_5min: 'watch_seconds', notification_realtime_click_rate_5min: 'click_rate' };

const element = (name, attributes = {}, ...children) => build(document.createElement(name), attributes, children);
const shape = (name, attributes = {}, ...children) => build(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);

// Text is only ever set as text: names in events can't become markup.
function build(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  for (const child of children) node.append(child);
  return node;
}

const state = document.getElementById('state');
const charts = document.getElementById('charts');
const form = document.getElementById('range');
const short = number => Math.abs(number) >= 10000 ? `${(number / 1000).toFixed(0)}k` : Number.isInteger(number) ? `${number}` : number.toFixed(2);
const clock = ms => new Date(ms).toISOString().slice(11, 16);
const iso = ms => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

function tell(text, isFault = false) {
  state.textContent = text;
  state.className = isFault ? 'fault' : '';
}

function measureOf(view) {
  const named = view.columns.find(column => column.name === MEASURES[view.name]);
  return named ?? view.columns.find(column => ['int64', 'number', 'rate'].includes(column.type) && column.name !== 'rank');
}

function linesOf(view, rows, measure) {
  const groups = view.columns.filter(column => column.type === 'text').map(column => column.name);
  const lines = new Map();
  for (const row of rows) {
    if (row[measure.name] === null) continue;
    const name = groups.map(group => row[group]).join(' / ');
    if (!lines.has(name)) lines.set(name, { name, points: [], sum: 0 });
    const line = lines.get(name);
    line.points.push([Date.parse(row.window_end), row[measure.name]]);
    line.sum += row[measure.name];
  }
  return [...lines.values()].sort((a, b) => b.sum - a.sum);
}

function axes(highest, labels) {
  const parts = [];
  for (const share of [0, 0.5, 1]) {
    const y = HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP);
    parts.push(shape('line', { class: 'grid', x1: LEFT, x2: WIDTH - RIGHT, y1: y, y2: y }), shape('text', { x: LEFT - 4, y: y + 3, 'text-anchor': 'end' }, short(share * highest)));
  }
  for (const [x, text, anchor] of labels) parts.push(shape('text', { x, y: HEIGHT - 4, 'text-anchor': anchor }, text));
  return parts;
}

function lineChart(lines, from, to) {
  const highest = Math.max(...lines.flatMap(line => line.points.map(point => point[1])), 0) || 1;
  const x = ms => LEFT + (ms - from) / (to - from) * (WIDTH - LEFT - RIGHT);
  const y = value => HEIGHT - BOTTOM - value / highest * (HEIGHT - BOTTOM - TOP);
  const drawn = lines.map((line, i) => line.points.length === 1
    ? shape('circle', { class: `c${i}`, r: 2, cx: x(line.points[0][0]), cy: y(line.points[0][1]) })
    : shape('polyline', { class: `c${i}`, points: line.points.map(([ms, value]) => `${x(ms).toFixed(1)},${y(value).toFixed(1)}`).join(' ') }));
  return shape('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img' }, ...axes(highest, [[LEFT, clock(from), 'start'], [WIDTH - RIGHT, clock(to), 'end']]), ...drawn);
}

function barChart(bars) {
  const highest = Math.max(...bars.map(bar => bar.value), 1);
  const step = (HEIGHT - TOP) / Math.max(bars.length, 1);
  return shape('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img' }, ...bars.flatMap((bar, i) => [
    shape('text', { x: 0, y: TOP + i * step + step / 2 }, bar.name),
    shape('rect', { class: 'c0', x: 90, y: TOP + i * step - 1, width: bar.value / highest * (WIDTH - 130), height: Math.max(step - 4, 3) }),
    shape('text', { x: 94 + bar.value / highest * (WIDTH - 130), y: TOP + i * step + step / 2 }, short(bar.value)),
  ]));
}

function card(view, rows, from, to) {
  const measure = measureOf(view);
  const section = element('section', { id: view.name }, element('h2', {}, view.name));
  if (rows.length === 0) {
    section.append(element('p', {}, 'no rows'));
    return section;
  }
  if (view.columns.some(column => column.name === 'rank')) {
    const last = rows.at(-1).window_end;
    const name = view.columns.find(column => column.type === 'text').name;
    section.append(element('p', {}, `${measure.name}, window until ${clock(Date.parse(last))}`));
    section.append(barChart(rows.filter(row => row.window_end === last).map(row => ({ name: `${row.rank}. ${row[name]}`, value: row[measure.name] }))));
    return section;
  }
  const lines = linesOf(view, rows, measure);
  const shown = lines.slice(0, MOST_LINES);
  section.append(element('p', {}, `${measure.name}${lines.length > shown.length ? `, the ${shown.length} largest of ${lines.length}` : ''}`), lineChart(shown, from, to));
  if (lines.length > 1) section.append(element('ul', {}, ...shown.map((line, i) => element('li', { class: `c${i}` }, line.name))));
  return section;
}

async function ask(path) {
  const answer = await fetch(path);
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.error ?? `${path} answered ${answer.status}`);
  return body;
}

let views = [];
let isAsking = false;

async function show() {
  if (isAsking) return;
  isAsking = true;
  try {
    if (views.length === 0) {
      views = await ask('/views');
      const place = view => (FEATURED.indexOf(view.name) + FEATURED.length + 1) % (FEATURED.length + 1);
      views = views.map((view, i) => ({ view, i })).sort((a, b) => place(a.view) - place(b.view) || a.i - b.i).map(entry => entry.view);
    }
    const [from, to] = range();
    const waiting = [...views.entries()], cards = new Array(views.length);
    let rows = 0;
    await Promise.all(Array.from({ length: MOST_REQUESTS }, async () => {
      for (let next; (next = waiting.shift());) {
        const found = await ask(`/views/${encodeURIComponent(next[1].name)}?from=${encodeURIComponent(iso(from))}&to=${encodeURIComponent(iso(to))}`);
        rows += found.length;
        cards[next[0]] = card(next[1], found, from, to);
      }
    }));
    charts.replaceChildren(...cards);
    tell(`${rows} rows of ${views.length} views, windows that end after ${iso(from)} until ${iso(to)}`);
  } catch (fault) {
    tell(fault.message, true);
  } finally {
    isAsking = false;
  }
}

// What was typed, or the last hour, which moves on.
function range() {
  const [from, to] = [form.from.value, form.to.value];
  if (!from && !to) return [Date.now() - HOUR_MS, Date.now()];
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
  if (!(fromMs < toMs)) throw new Error('Write times like 2026-01-31T08:00:00Z, the earlier one first.');
  return [fromMs, toMs];
}

const asked = new URLSearchParams(location.search);
form.from.value = asked.get('from') ?? '';
form.to.value = asked.get('to') ?? '';
form.addEventListener('submit', event => {
  event.preventDefault();
  history.replaceState(null, '', form.from.value ? `?from=${encodeURIComponent(form.from.value)}&to=${encodeURIComponent(form.to.value)}` : '/');
  show();
});
await show();
setInterval(show, REFRESH_MS);
