# A live host at bowline-venue in real time, for scripts that have sourced check.sh: the real broker and feed plugins over TLS, every
# guard on, and an operator who commands over HTTP. Each run has a folder of its own, so that several may go at once.
unset TRADING_MODE KUBERNETES_SERVICE_HOST BOWLINE_TOKEN BOWLINE_CA
venue=$(dirname "$bowline")/bowline-venue
export BOWLINE_SECRETS=$dir/secrets
mkdir "$dir/secrets"
for s in read trade emergency; do openssl rand -hex 32 >"$dir/secrets/$s"; done

flat_candles() { # price, file: five-minute candles from five hours ago until two hours from now; prices of the same height, so that no signal comes of them
  local now first
  now=$(date +%s)
  first=$((now / 300 * 300 - 60 * 300))
  awk -v from="$first" -v price="$1" 'BEGIN {
    print "time_utc_epoch_s,open,high,low,close,volume"
    for (i = 0; i < 84; ++i) printf "%d,%s,%s,%s,%s,50\n", from + i * 300, price, price * 1.0005, price * 0.9995, price
  }' >"$2"
}
begin_venue() { # folder, more YAML (misbehaviour, engine, limits), products (all with a book), deposits [, products that share one's book]: the venue of that folder; `port`, `control` and `venue_pid` are its
  local product files='' price
  venue_pid=''
  mkdir -p "$1"
  for product in $3; do
    price=${product#*=}
    flat_candles "$price" "$1/${product%=*}.csv"
    files+="${files:+, }${product%=*}: $1/${product%=*}.csv"
  done
  cat >"$1/venue.yaml" <<YAML
listen: {port: 0, control_port: 0, threads: 1}
tls: {ca_file: $1/ca.pem}
state: {file: $1/state}
seed: 7
portfolios:
  - name: main
    owner: alice
    fees: {maker: 0.4%, taker: 0.6%}
    deposits: {$4}
    keys: [{generate: es256, file: $dir/secrets/coinbase-key, permissions: [view, trade]}]
market:
  source: replay
  tick: 200ms
  replay: {files: {$files}, from: "$(date -u -d "@$(($(date +%s) - 1))" +%Y-%m-%dT%H:%M:%SZ)", speed: 1}
products: [$(sed 's/=[^ ]*//g; s/ /, /g' <<<"$3${5:+ $5}")]
$2
YAML
  : >"$1/venue.out"
  "$venue" --config "$1/venue.yaml" --log-file "$1/requests" >"$1/venue.out" 2>"$1/venue.err" &
  venue_pid=$!
  started+=("$venue_pid")
  within 60 grep -q 'listens on' "$1/venue.out" || { cat "$1/venue.err"; return 1; }
  port=$(sed -n 's/.*listens on [0-9.]*:\([0-9]*\).*/\1/p' "$1/venue.out")
  control=$(sed -n 's/.*control on 127.0.0.1:\([0-9]*\).*/\1/p' "$1/venue.out")
  portfolio=$(tell GET / | grep -o '"name":"main","uuid":"[^"]*"' | cut -d'"' -f8)
  [ -n "$portfolio" ]
}
tell() { curl -s -m 10 -X "$1" ${3:+--data-binary "$3"} "http://127.0.0.1:$control$2"; } # method, path, body: the venue's control port

at_venue_plugins='feed_coinbase signal_ema_cross risk_limits risk_stops broker_coinbase'
pins_of() { # configuration: the pins of the plugins and of the libraries that they bring, as check-config names them
  (cd "$plugins" && for p in $at_venue_plugins; do sha256sum "lib$p.so"; done) | sed 's|\([0-9a-f]*\)  \(.*\)|\2: \1|' | paste -sd, >"$dir/pins"
  live_config "$1" "$1/run.yaml"
  "$bowline" check-config --var "$1/var" "$1/run.yaml" >/dev/null 2>"$1/err"
  grep -o '"lib[a-z]*\.so\.[0-9]*: [0-9a-f]\{64\}"' "$1/err" | tr -d '"' | sort -u | sed 's/^/,/' | tr -d '\n' >>"$dir/pins"
}
# What differs from run to run; each a line of YAML or empty. An instrument whose data are told under another one is ORDERED:TOLD.
at_instruments='BTC-USD, ETH-USD' at_execution='' at_broker='' at_limits='max_position: 40%, max_exposure: 90%, min_notional: "10"' at_stops='{id: stops, kind: risk, plugin: bowline.risk.stops}'
at_floor='max_order: 5000, max_day: 50000, max_total: 50000, price_collar: 10%, max_orders_per_minute: 600' at_ramp='usd_per_day: 50000, orders_per_day: 1000'
live_config() { # folder, file [, port of REST, port of the user's stream]: the host's configuration at the venue of that folder
  local instrument listed=''
  for instrument in ${at_instruments//,/ }; do listed+="${listed:+, }{symbol: ${instrument/:/, data_symbol: }, maker_fee: 0.6%, taker_fee: 1.2%}"; done
  cat >"$2" <<YAML
mode: live
confirm_live: true
allow_outside_kubernetes: true
seed: 1
interval: 5m
max_bar_delay: 30s
instruments: [$listed]
listen:
  ports: {signal-generator: 0, signal-bridge: 0, trade-execution: 0, portfolio-rebalancer: 0}
  tokens: {read: "secret://read", trade: "secret://trade", emergency: "secret://emergency"}
plugins:
  path: [$plugins]
  network: {ca_file: $1/ca.pem}
  pins: {$(sed 's/,/, /g; s/:/: /g; s/:  /: /g' "$dir/pins" | tr -d '\n')}
bridge: {max_position: 5%, cost_gate: off}
execution:
  portfolio_uuid: $portfolio
  floor: {$at_floor}
  ramp: {$at_ramp}
  stops: {owner: venue, unprotected_after: 1m}
  drift: {position_cap: 80%, position_above: 85%, exposure_cap: 95%, exposure_above: 98%}
  trip: {daily_loss: 50%, drawdown: 50%}
  on_shutdown: cancel_entries_keep_stops
  $at_execution
instances:
  - {id: market, kind: feed, plugin: bowline.feed.coinbase, params: {history: 30, rest_url: "https://localhost:$port", stream_url: "wss://localhost:$port"}}
  - {id: cross, kind: signal, plugin: bowline.signal.ema_cross, params: {fast: 12, slow: 26}}
  - {id: limits, kind: risk, plugin: bowline.risk.limits, params: {$at_limits}}
  - $at_stops
  - {id: venue, kind: broker, plugin: bowline.broker.coinbase, params: {key: "secret://coinbase-key", api_url: "https://localhost:${3:-$port}", ws_url: "wss://localhost:${4:-$port}"${at_broker:+, $at_broker}}}
YAML
}
at_of() { sed -n 's/.*"trade-execution": "\(.*\)".*/\1/p' "$1/endpoints.json" 2>/dev/null; } # state folder: where the host hears commands
