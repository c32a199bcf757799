/** The page's style sheet. Rows of the traffic picture are 40 pixels high, as the picture of ribbons has them. */
export const STYLE: string = `:root {
  color-scheme: light dark;
  --sky: #f4f7f9; --card: #fff; --ink: #13212b; --dim: #566877; --line: #dde5eb;
  --green: #0b8a6f; --violet: #6a55cf; --amber: #b06d00; --red: #c2352c; --grey: #9fb0bc;
}
@media (prefers-color-scheme: dark) {
  :root {
    --sky: #0a1118; --card: #111b24; --ink: #e4edf3; --dim: #91a5b4; --line: #223040;
    --green: #3ddbb4; --violet: #a596ff; --amber: #f0b24a; --red: #ff7a70; --grey: #4d6070;
  }
}
* { box-sizing: border-box; margin: 0; }
body { background: var(--sky); color: var(--ink); font: 15px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; padding: 0 clamp(.75rem, 3vw, 2rem) 3rem; max-width: 84rem; margin: 0 auto; }
h1 { font-size: 1.1rem; letter-spacing: .01em; }
h2 { font-size: .95rem; }
h3 { font-size: .95rem; overflow-wrap: anywhere; }
small { color: var(--dim); font-size: .8rem; font-weight: 400; }
button, input { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .35rem .8rem; }
button { cursor: pointer; }
button[aria-pressed=true] { border-color: var(--amber); color: var(--amber); }
:focus-visible { outline: 2px solid var(--violet); outline-offset: 2px; }
main:focus { outline: none; }
.bar { position: sticky; top: 0; z-index: 1; display: flex; align-items: center; gap: 1rem; padding: .8rem 0; background: var(--sky); }
#connection { margin-left: auto; color: var(--dim); font-size: .85rem; }
#connection::before { content: ''; display: inline-block; width: .55rem; height: .55rem; margin-right: .45rem; border-radius: 50%; background: var(--grey); }
#connection.live::before { background: var(--green); }
#connection.paused::before { background: var(--amber); }
#connection.lost::before { background: var(--red); }
#ask { max-width: 26rem; margin: 12vh auto; display: grid; gap: .5rem; }
#ask[hidden] { display: none; }
#ask div { display: flex; gap: .5rem; }
#ask input { flex: 1; min-width: 0; }
#refused { color: var(--red); min-height: 1.5em; }
main, main > section { display: grid; gap: 1rem; }
main > section { gap: .6rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .8rem; padding: .9rem 1rem; min-width: 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 1rem; }
.tiles div { background: var(--card); border: 1px solid var(--line); border-radius: .8rem; padding: .7rem 1rem; }
.tiles dt, article dt { color: var(--dim); font-size: .78rem; }
.tiles dd { font-size: 1.2rem; font-weight: 600; font-variant-numeric: tabular-nums; }
figcaption, article header { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .2rem 1rem; align-items: baseline; margin-bottom: .5rem; }
.legend, .axis, .top, .empty { color: var(--dim); font-size: .78rem; }
.axis { display: flex; justify-content: space-between; margin-top: .2rem; }
.top { height: 1.2em; font-variant-numeric: tabular-nums; }
.key { white-space: nowrap; margin-right: .5rem; }
.key::before { content: ''; display: inline-block; width: .7rem; height: .7rem; margin-right: .3rem; border-radius: .2rem; background: currentColor; vertical-align: -1px; }
svg { display: block; width: 100%; }
.grid { fill: none; stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.amounts { grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); }
main > .amounts { gap: 1rem; }
.bars { height: 5rem; border-bottom: 1px solid var(--line); }
.prompt, .key.prompt::before { fill: var(--violet); color: var(--violet); }
.completion, .key.completion::before { fill: var(--green); color: var(--green); }
.cost { fill: var(--amber); }
.key { color: var(--dim); }
.key.answered::before, .key.ready::before, .key.p50::before { color: var(--green); }
.key.failed::before, .key.open::before { color: var(--red); }
.key.cached::before, .key.probing::before { color: var(--violet); }
.key.failing::before { color: var(--amber); }
.key.resting::before { color: var(--grey); }
.key.p90::before { color: var(--green); opacity: .35; }
.cache { display: flex; align-items: center; gap: 1.2rem; }
.cache ul { list-style: none; padding: 0; color: var(--dim); font-size: .85rem; }
.gauge { position: relative; width: 7rem; flex: none; }
.gauge p { position: absolute; inset: 0; display: grid; place-items: center; font-weight: 600; font-size: 1.1rem; }
.ring circle { fill: none; stroke-width: 11; }
.ring .whole { stroke: var(--line); }
.ring .part { stroke: var(--violet); }
.flow { display: grid; grid-template-columns: auto minmax(3rem, 2fr) minmax(0, 3fr); align-items: center; gap: .6rem; }
.flow ol { list-style: none; padding: 0; min-width: 0; }
.flow li { height: 40px; display: flex; align-items: center; gap: .6rem; min-width: 0; }
.who { color: var(--dim); flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.who b { color: var(--ink); font-weight: 600; }
.who i { font-style: normal; }
.how { color: var(--dim); font-size: .85rem; white-space: nowrap; font-variant-numeric: tabular-nums; }
.bad { color: var(--red); }
.source { font-weight: 600; text-align: center; font-variant-numeric: tabular-nums; }
.source small { display: block; }
.ribbons path { opacity: .75; }
.ribbons .answered { fill: var(--green); }
.ribbons .failed { fill: var(--red); }
.ribbons .cached { fill: var(--violet); }
.endpoints { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 1rem; }
.badge { font-size: .78rem; border: 1px solid currentColor; border-radius: 1rem; padding: 0 .6rem; }
.badge.ready { color: var(--green); }
.badge.probing { color: var(--violet); }
.badge.failing { color: var(--amber); }
.badge.resting { color: var(--dim); }
.badge.open { color: var(--red); }
.band { height: 4rem; }
.band .p90 { fill: var(--green); opacity: .35; }
.band .p50 { fill: none; stroke: var(--green); stroke-width: 2; vector-effect: non-scaling-stroke; }
.strip { height: .5rem; margin-top: .35rem; border-radius: .25rem; background: var(--line); }
.strip .ready { fill: var(--green); }
.strip .probing { fill: var(--violet); }
.strip .failing { fill: var(--amber); }
.strip .resting { fill: var(--grey); }
.strip .open { fill: var(--red); }
article dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(4rem, 1fr)); gap: .4rem .6rem; margin-top: .6rem; }
article dd { font-variant-numeric: tabular-nums; white-space: nowrap; }
.idle { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .5rem; }
.idle li { border: 1px solid var(--line); border-radius: .6rem; padding: .1rem .7rem; color: var(--dim); font-size: .85rem; }
.idle b { color: var(--ink); }
@media (max-width: 40rem) {
  .flow { grid-template-columns: minmax(1.5rem, 1fr) minmax(0, 5fr); }
  .source { display: none; }
  .who b, .who i { display: block; overflow: hidden; text-overflow: ellipsis; line-height: 1.25; }
  .who i { font-size: .8rem; }
}
`;
