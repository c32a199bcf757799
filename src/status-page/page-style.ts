/** The page's style sheet. Rows of the traffic picture are 40 pixels high, as the picture of ribbons has them. */
export const STYLE: string = `:root {
  color-scheme: light dark;
  --sky: #f4f7f9; --card: #fff; --ink: #13212b; --dim: #526373; --line: #dde5eb; --soft: #eef3f6;
  --green: #08795f; --blue: #2468b8; --pale: #a5c6ec; --violet: #6a55cf; --amber: #9a5f00; --red: #b92f26; --grey: #9fb0bc; --edge: #8b9cab;
}
@media (prefers-color-scheme: dark) {
  :root {
    --sky: #0a1118; --card: #111b24; --ink: #e4edf3; --dim: #93a7b6; --line: #223040; --soft: #18242f;
    --green: #3ddbb4; --blue: #6fb1ff; --pale: #2c5380; --violet: #a596ff; --amber: #f0b24a; --red: #ff7a70; --grey: #5b7082; --edge: #5f7486;
  }
}
* { box-sizing: border-box; margin: 0; }
body { background: var(--sky); color: var(--ink); font: 15px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; padding: 0 clamp(.75rem, 3vw, 2rem) 3rem; max-width: 92rem; margin: 0 auto; font-variant-numeric: tabular-nums; }
h1 { font-size: 1.1rem; letter-spacing: .01em; display: flex; align-items: center; gap: .6rem; min-width: 0; overflow-wrap: anywhere; }
h1::before { content: ''; flex: none; width: 1.6rem; height: 1.6rem; background: url(icon.svg) center / contain no-repeat; }
h2 { font-size: .95rem; display: inline; }
h3 { font-size: .95rem; overflow-wrap: anywhere; }
small { color: var(--dim); font-size: .8rem; font-weight: 400; }
strong { font-weight: 600; }
code { font: .78rem/1.4 ui-monospace, 'Cascadia Code', Menlo, Consolas, monospace; overflow-wrap: anywhere; }
a { color: var(--blue); text-underline-offset: .15em; }
ul, ol { list-style: none; padding: 0; }
button, input { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .35rem .8rem; }
input { border-color: var(--edge); }
button { cursor: pointer; }
button:hover { border-color: var(--grey); }
button[aria-pressed=true] { border-color: var(--amber); color: var(--amber); }
:focus-visible { outline: 2px solid var(--violet); outline-offset: 2px; }
main:focus { outline: none; }
.bar { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .4rem 1.2rem; padding: .8rem 0; background: var(--sky); }
.controls { display: flex; align-items: center; gap: 1.2rem; font-size: .85rem; }
#connection { color: var(--dim); }
#connection::before { content: ''; display: inline-block; width: .55rem; height: .55rem; margin-right: .45rem; border-radius: 50%; background: var(--grey); }
#connection.live::before { background: var(--green); }
#connection.paused::before { background: var(--amber); }
#connection.lost::before { background: var(--red); }
#ask { max-width: 26rem; margin: 12vh auto; display: grid; gap: .5rem; }
#ask[hidden] { display: none; }
#ask:not([hidden]) ~ main .skeleton { display: none; }
#ask div { display: flex; gap: .5rem; }
#ask input { flex: 1; min-width: 0; }
#ask button { background: var(--green); border-color: var(--green); color: var(--card); font-weight: 600; }
#refused { color: var(--red); min-height: 1.5em; }
main, main > section { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; }
main > section { gap: .6rem; margin-top: .5rem; }
main > section > header { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: 0 1rem; }
main.stale { opacity: .6; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .8rem; padding: .9rem 1rem; min-width: 0; }
.tiles { display: grid; grid-template-columns: repeat(5, minmax(0, 1fr)); gap: 1rem; }
.tiles div { background: var(--card); border: 1px solid var(--line); border-radius: .8rem; padding: .7rem 1rem; min-width: 0; }
.tiles dt, article dt { color: var(--dim); font-size: .78rem; }
.tiles dd { font-size: 1.2rem; font-weight: 600; }
figcaption, article header { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .1rem 1rem; align-items: baseline; margin-bottom: .5rem; }
.summary, .legend, .axis, .top, .empty, .latency { color: var(--dim); font-size: .78rem; }
.axis { display: flex; justify-content: space-between; margin-top: .2rem; }
.top { height: 1.35em; }
.legend { display: flex; flex-wrap: wrap; gap: .1rem .9rem; }
figure > .legend { margin-top: .5rem; }
.key { white-space: nowrap; color: var(--dim); }
.key::before { content: ''; display: inline-block; width: .7rem; height: .7rem; margin-right: .35rem; border-radius: .2rem; background: currentColor; vertical-align: -1px; }
.key strong { color: var(--ink); }
svg { display: block; width: 100%; }
.grid { fill: none; stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.amounts { grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); }
main > .amounts { gap: 1rem; margin-top: 0; }
.bars { height: 5rem; border-bottom: 1px solid var(--line); }
.bars .fine { fill: var(--green); }
.bars .error { fill: var(--red); }
.bars .prompt { fill: var(--violet); }
.bars .completion { fill: var(--blue); }
.bars .cost { fill: var(--amber); }
.key.fine::before, .key.responded::before, .key.ready::before { color: var(--green); }
.key.error::before, .key.failed::before, .key.open::before { color: var(--red); }
.key.cached::before, .key.probing::before, .key.prompt::before { color: var(--violet); }
.key.p50::before, .key.completion::before { color: var(--blue); }
.key.p90::before { color: var(--pale); }
.key.failing::before, .key.cost::before { color: var(--amber); }
.key.resting::before { color: var(--grey); }
.cache { display: flex; align-items: center; gap: 1.2rem; }
.cache ul { color: var(--dim); font-size: .85rem; }
.gauge { position: relative; width: 7.2rem; flex: none; margin: .4rem 0; }
.gauge p { position: absolute; inset: 0; display: grid; place-items: center; font-weight: 600; font-size: 1.1rem; }
.ring circle { fill: none; stroke-width: 11; }
.ring .whole { stroke: var(--line); }
.ring .part { stroke: var(--violet); }
.flow { display: grid; grid-template-columns: auto minmax(3rem, 2fr) minmax(0, 4fr); align-items: center; gap: .6rem; }
.flow ol { min-width: 0; }
.flow li { height: 40px; display: flex; align-items: center; gap: .6rem; min-width: 0; }
.who { color: var(--dim); flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.who b { color: var(--ink); font-weight: 600; }
.who i { font-style: normal; }
.how { color: var(--dim); font-size: .85rem; white-space: nowrap; display: flex; gap: 1.2rem; }
.how strong { color: var(--ink); min-width: 3.2rem; text-align: right; }
.bad { color: var(--red); }
.source { font-weight: 600; text-align: center; }
.source small { display: block; }
.hit { fill: transparent; }
.hit:hover { fill: var(--grey); opacity: .25; }
.ribbons path { opacity: .8; }
.ribbons .responded { fill: var(--green); }
.ribbons .failed { fill: var(--red); }
.ribbons .cached { fill: var(--violet); }
.pair:empty { display: none; }
.pair { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; }
@media (min-width: 70rem) { .pair:has(> :nth-child(2)) { grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); } }
.endpoints, .rules { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1rem; }
.badge { font-size: .78rem; border: 1px solid currentColor; border-radius: 1rem; padding: 0 .6rem; white-space: nowrap; }
.badge.ready { color: var(--green); }
.badge.probing { color: var(--violet); }
.badge.failing { color: var(--amber); }
.badge.resting { color: var(--dim); }
.badge.open { color: var(--red); }
.latency { display: flex; gap: 1.2rem; }
.latency strong { font-size: .9rem; }
.endpoints .top { margin-top: .3rem; }
.band { height: 4rem; }
.band .p90 { fill: var(--pale); opacity: .7; }
.band .below { fill: var(--pale); opacity: .3; }
.band .p50 { fill: none; stroke: var(--blue); stroke-width: 3; vector-effect: non-scaling-stroke; }
.strip { height: .5rem; margin-top: .35rem; border-radius: .25rem; background: var(--soft); }
.strip .ready { fill: var(--green); }
.strip .probing { fill: var(--violet); }
.strip .failing { fill: var(--amber); }
.strip .resting { fill: var(--grey); }
.strip .open { fill: var(--red); }
article dl { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .4rem 1rem; margin-top: .6rem; }
article dt, article dd { white-space: nowrap; }
article dd { font-size: .9rem; }
.failure { margin-top: .7rem; padding: .4rem .6rem; border-radius: .4rem; background: var(--soft); color: var(--dim); font-size: .8rem; overflow-wrap: anywhere; }
.idle { display: flex; flex-wrap: wrap; gap: .5rem; }
.idle li { border: 1px solid var(--line); border-radius: .6rem; padding: .1rem .7rem; color: var(--dim); font-size: .85rem; }
.idle b { color: var(--ink); }
.meter { height: .4rem; border-radius: .2rem; overflow: hidden; }
.meter .whole { fill: var(--line); }
.meter .part { fill: var(--blue); }
.meter .ok { fill: var(--green); }
.meter .near { fill: var(--amber); }
.meter .full { fill: var(--red); }
.rule ol { display: grid; gap: .7rem; }
.rule li p { display: flex; justify-content: space-between; gap: .2rem 1rem; flex-wrap: wrap; margin-bottom: .2rem; }
.rule li b { font-weight: 600; overflow-wrap: anywhere; min-width: 0; }
.rule .how { display: block; }
.callers table { width: 100%; border-collapse: collapse; }
.callers caption { text-align: left; padding-bottom: .5rem; }
.callers caption .legend { display: inline; margin-left: .6rem; }
.callers th, .callers td { text-align: left; padding: .35rem 1.2rem .35rem 0; vertical-align: middle; font-weight: 400; }
.callers tbody th { font-weight: 600; font-size: .9rem; overflow-wrap: anywhere; }
.callers td { width: 22%; }
.callers td:last-child { padding-right: 0; }
.callers td span { display: block; white-space: nowrap; font-size: .85rem; margin-bottom: .15rem; }
.shares { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); gap: .7rem 2rem; font-size: .85rem; }
.shares p { margin-bottom: .2rem; }
.failures { padding: .3rem 1rem; }
.failures li { display: grid; grid-template-columns: 7rem minmax(8rem, 15rem) minmax(0, 1fr); gap: 0 1rem; padding: .55rem 0; font-size: .85rem; border-top: 1px solid var(--line); }
.failures li:first-child { border-top: 0; }
.failures li:target { background: var(--soft); border-radius: .4rem; box-shadow: 0 0 0 .4rem var(--soft); }
.failures .when, .failures .from { color: var(--dim); }
.failures .who { white-space: normal; overflow-wrap: anywhere; }
.failures .why { overflow-wrap: anywhere; }
.failures .from { grid-column: 3; font-size: .78rem; }
.outcome { color: var(--red); font-weight: 600; margin-right: .3rem; }
[id^=failure] { scroll-margin-top: 4.5rem; }
.skeleton, .skeleton div { display: grid; gap: 1rem; }
.skeleton i { display: block; height: 11rem; border-radius: .8rem; background: var(--line); opacity: .55; }
.skeleton .tops { grid-template-columns: repeat(5, 1fr); }
.skeleton .tops i { height: 4.2rem; }
.skeleton .figures { grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); }
@media (scripting: none) { .skeleton, #connection, #pause { display: none; } }
@media (prefers-reduced-motion: no-preference) {
  .skeleton i { animation: waiting 1.6s ease-in-out infinite alternate; }
  @keyframes waiting { to { opacity: .25; } }
  html { scroll-behavior: smooth; }
}
@media (max-width: 46rem) {
  h1 { font-size: .95rem; }
  article dl { gap: .4rem .5rem; }
  .tiles dt, article dt { font-size: .74rem; }
  article dd { font-size: .85rem; }
  .controls { width: 100%; }
  #connection { margin-left: auto; }
  .tiles, .skeleton .tops { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .6rem; }
  .tiles div:first-child, .skeleton .tops i:first-child { grid-column: 1 / -1; }
  .flow { grid-template-columns: minmax(1.5rem, 1fr) minmax(0, 6fr); }
  .source { display: none; }
  .who b, .who i { display: block; overflow: hidden; text-overflow: ellipsis; line-height: 1.25; }
  .who i { font-size: .8rem; }
  .how { display: grid; justify-items: end; line-height: 1.25; gap: 0; grid-template-columns: auto auto; column-gap: .6rem; font-size: .8rem; }
  .how .bad { grid-row: 2; grid-column: 1 / -1; }
  .callers tr { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 0 .8rem; padding: .4rem 0; }
  .callers tbody th { grid-column: 1 / -1; padding: 0; }
  .callers td { width: auto; padding: .1rem 0; }
  .failures li { grid-template-columns: minmax(0, 1fr) auto; }
  .failures .who { grid-row: 1; }
  .failures .why, .failures .from { grid-column: 1 / -1; }
}
`;
