# The scenarios of the crash matrix (sourced by matrix.sh): a small configuration each, a market, and what the operator commands
# at its gates. give_NAME GATE FOLDER URL sends the commands of a gate and succeeds when all are answered; it is called again
# until then, so that the same words are said twice when the host died in between. left_NAME FOLDER looks at what has to be
# left in the end beside what the judge looks at; shows_NAME FOLDER, whether the whole run does what the scenario is there for.
all_scenarios="entry_exit in_flight partial expiry cancel_race rebalance faults stops stops_late resting ladder overdue reprice quotes trips wallets"
commanded="close close_late halt latched liquidate panic states adopt orders amend amend_late"

# ---- markets ----------------------------------------------------------------------------------------------------------------
# market INSTRUMENT WICK CLOSE...     bars from the first on; OPEN/CLOSE where it gaps; high and low lie WICK basis points beyond
# say BAR INSTRUMENT buy|sell         quote BAR SECONDS INSTRUMENT BID ASK         gate BAR: the market stands still behind it
script() { # of those lines: the market as test.feed.crash plays it
  awk '
    $1 == "market" {
      for (k = 4; k <= NF; ++k) {
        split($k, px, "/")
        close_ = (2 in px) ? px[2] : px[1]
        open = (2 in px) ? px[1] : k == 4 ? close_ : before
        high = open > close_ ? open : close_
        low = open < close_ ? open : close_
        printf "%d 1%d bar %d %d %d %d %d %d\n", k - 3, $2, k - 3, $2, open, high * (1 + $3 / 10000), low * (1 - $3 / 10000), close_
        before = close_
        delete px
      }
    }
    $1 == "say" { printf "%d 0 say %d %d %s\n", $2, $2, $3, $4 }
    $1 == "quote" { printf "%d 2%04d quote %d %d %d %d %d\n", $2, $3, $2, $3, $4, $5, $6 }
    $1 == "gate" { printf "%d 99999 gate\n", $2 }' | sort -s -k1,1n -k2,2n | cut -d' ' -f3-
}
others_trade() { # HOUR:MINUTE, products with a price each: what others trade from then on, each second for two and a half minutes
  local n at product
  for n in $(seq 1 150); do
    at=$(printf '2024-01-01T%s:%02d:%02dZ' "${1%:*}" $((10#${1#*:} + n / 60)) $((n % 60)))
    for product in "${@:2}"; do
      printf '%s{at: %s, do: trade, product: %s, qty: "100000", px: "%s"}' "$([ "$n$product" = "1$2" ] || echo ', ')" "$at" "${product%=*}" "${product#*=}"
    done
  done
}
open_ports="{ports: {signal-generator: 0, signal-bridge: 0, trade-execution: 0, portfolio-rebalancer: 0}}"

# ---- the scenarios ------------------------------------------------------------------------------------------------------------
# bars, params of the venue, lines of `execution`, params of bowline.risk.stops, further instances, whether the ledger must be
# that of the whole run, and what the judge is told beside.
scenario() {
  bars=60 venue='' execution='' stops='' more='' same=yes slow=3 rebalance='' speed=max listen='{enabled: off}' sound='' cash='USD: "10000"' portfolio=''
  instruments='BTC-USD, ETH-USD' position=30% least_orders=6 least_fills=4
  : >"$dir/$1.script"
  case $1 in
    entry_exit) ;;                                                # limit entries, market exits, each answered at once
    in_flight) venue='latency: 20s' ;;                            # requests that are on their way when the process dies
    partial) venue='partial_fill_probability: 0.9' ;;             # entries and exits that fill in pieces, and end with a rest
    expiry) execution='gtd_bars: 1, assumed_half_spread: 30bp' ;; # entries that rest, and whose time runs out
    cancel_race) venue='latency: 4m' execution='gtd_bars: 6, assumed_half_spread: 40bp' ;; # exits cancel entries that may just fill
    rebalance) slow=20 rebalance='rebalance: {every_bars: 3}' # a plan's targets outlive the process
      more='- {id: balance, kind: rebalancer, plugin: bowline.rebalancer.targets, params: {method: inverse_volatility, universe: all, max_weight: 30%, volatility_window: 5}}' ;;
    faults) bars=82 same='' # answers, fills and acceptances that are lost, late or doubled: what is asked at the restart tells more. Nothing is on its way at the end
      venue='latency: 20s, timeout_probability: 0.3, duplicate_fill_probability: 0.3, late_fill_probability: 0.3, late_ack_probability: 0.3, cancel_reject_probability: 0.3' ;;
    operator) bars=24 same='' slow=900 speed=6000x listen=$open_ports ;; # an order that came over HTTP, asked for again until it is answered
    clock) bars=40 speed=6000x ;; # the market is paced by the wall clock
    stops | stops_late) bars=90 sound=protected execution='stops: {lock_bars: 4}' # stops, take-profits in steps, and nobody buys for a while
      stops='bars: 3, factor: 1, min_distance: 0.5%, max_distance: 1%, trailing: 1%, break_even: 0%, take_profit_ladder: [{gain: 0.5%, share: 50%}]'
      [ "$1" = stops ] || venue='latency: 20s, partial_fill_probability: 0.7' ;;
    resting) # stops at the venue: each grows with its entry, is replaced as it rises, gives way to a SELL; one sells by itself, one gaps
      # past its limit and goes up the ladder, and the last one rests when the run is over
      instruments='BTC-USD, ETH-USD, SOL-USD' position=25% sound='protected resting' same=ledger least_orders=12 least_fills=8
      venue='partial_fill_probability: 0.6' stops='max_distance: 3%, trailing: 2%, break_even: 0%'
      execution='gtd_bars: 12, stops: {owner: venue, lock_bars: 4}, trip: {daily_loss: off, drawdown: off}'
      script >"$dir/$1.script" <<'END'
market 1 30 10000 10000 10000 9990 9990 9990 9995 10100 10200 10300 10300 10290 10290 10290 10290 10290 10290 10290 10290 10290 10290 10290 10290 10290 10290 10290 10290 10290 10290 10290 10290 10290
market 2 30 5000 5000 5000 4990 4990 5000 5050 5100 5100 5100 4900/4890 4800 4790 4790 4780 4780 4780 4780 4780 4780 4780 4780 4780 4780 4780 4780 4780 4780 4780 4780 4780 4780
market 3 30 2000 2000 2000 1998 1996 1998 2010 2020 2030 2030 2030/1980 1980 1980 1980 1980 1980 1980 1980 1978 1976 1976 1980 1980 1980 1980 1980 1980 1980 1980 1980 1980 1980
say 3 1 buy
say 3 2 buy
say 3 3 buy
say 13 1 sell
say 22 3 buy
END
      ;;
    ladder) # each bar opens below the collar of the attempt before: three limits, then the market; once by a SELL, once by a stop
      sound=protected stops='max_distance: 25%, trailing: 0%, break_even: 0%' execution='trip: {daily_loss: off, drawdown: off}'
      script >"$dir/$1.script" <<'END'
market 1 30 10000 10000 10000 9990 10000 10000 9700/9600 9000/9000 8000/7900 7800/7800 7800 7800 7800 7790 7800 7800
market 2 30 10000 10000 10000 9990 10000 10000 10000 7400/7400 7200/7100 6800/6700 6000/5900 5800/5800 5800 5790 5800 5800
say 3 1 buy
say 3 2 buy
say 6 1 sell
say 13 1 buy
say 13 2 buy
END
      ;;
    overdue) # the venue says nothing of an exit for longer than it may: it is cancelled, and the next attempt follows
      same='' venue='latency: 16m' execution='gtd_bars: 12, trip: {daily_loss: off, drawdown: off}'
      script >"$dir/$1.script" <<'END'
market 1 30 10000 10000 10000 10000 10000 10000 9990 9980 9970 9960 9950 9940 9800/9700 9500/9400 9200/9100 8900/8800 8700/8600 8400/8300 8100/8000 7800/7700 7500 7300/7200 7000/6900 6700/6600 6600 6600 6600 6600 6600 6600 6600 6600 6600 6600 6600 6600 6600 6600 6600 6600 6600 6600 6600 6600 6600 6600 6600 6600
market 2 30 5000 5000 5000 5000 5000 5000 4990 4980 4970 4960 4950 4940 4930 4920 4910 4900 4890 4880 4870 4860 4850 4840 4830 4820 4810 4800 4800 4800 4800 4800 4800 4800 4800 4800 4800 4800 4800 4800 4800 4800 4800 4800 4800 4800 4800 4800 4800 4800
say 3 1 buy
say 3 2 buy
say 10 1 sell
say 10 2 sell
END
      ;;
    reprice) # entries that follow the touch: one until it crosses, one until it is met, one until it is given up
      instruments='BTC-USD, ETH-USD, SOL-USD' position=25% least_fills=3
      execution='gtd_bars: 10, entry: {post_only: on, reprice: 2, cross_within: 0.5%, wait: 0s}'
      script >"$dir/$1.script" <<'END'
market 1 0 10000 10000 10000 10006 10010 10016 10020 10026 10030 10030 10030 10030 10030 10030 10030 10030
market 2 0 10000 10000 10000 10006 10010 9990 9990 9990 9990 9990 9990 9990 9990 9990 9990 9990
market 3 0 10000 10000 10000 10100 10200 10300 10400 10500 10600 10700 10800 10900 11000 11000 11000 11000
say 3 1 buy
say 3 2 buy
say 3 3 buy
say 4 1 buy
say 4 2 buy
say 4 3 buy
say 5 1 buy
say 5 2 buy
say 5 3 buy
say 6 1 buy
say 6 2 buy
say 6 3 buy
say 7 1 buy
say 7 3 buy
say 8 1 buy
say 8 3 buy
say 9 1 buy
say 9 3 buy
say 10 1 buy
say 10 3 buy
say 13 1 sell
say 13 2 sell
END
      ;;
    quotes) # between two bars: a take-profit, a stop and an entry that follows the touch act on quotes. What a BUY wanted is over
      # with its process: an entry is followed no further until the next bar says so again
      same='' sound=protected stops='max_distance: 5%, trailing: 0%, break_even: 0%, take_profit_ladder: [{gain: 1%, share: 50%}]'
      execution='gtd_bars: 6, stops: {lock_bars: 3}, entry: {post_only: on, reprice: 3, wait: 0s}'
      script >"$dir/$1.script" <<'END'
market 1 10 10000 10000 10000 9990 10000 10060 10050 10040 9400/9390 9390 9390 9390 9380 9390 9390 9390
market 2 0 10000 10000 10000 10030 10060 10050 10020 10010 10000 10000 10000 10000 10000 10000 10000 10000
quote 2 150 1 9995 10005
quote 2 150 2 9995 10005
quote 3 60 2 10010 10015
quote 3 120 2 10020 10025
quote 3 240 1 9990 9998
quote 4 60 2 10030 10035
quote 4 120 1 10000 10004
quote 5 60 1 10120 10125
quote 5 180 1 10100 10105
quote 6 100 1 10040 10050
quote 6 100 2 10045 10050
quote 7 120 1 10030 10040
quote 8 60 1 9450 9460
quote 8 200 1 9400 9410
quote 9 90 1 9385 9395
quote 12 60 1 9388 9392
quote 13 60 1 9386 9390
say 3 1 buy
say 3 2 buy
say 4 2 buy
say 5 2 buy
say 10 1 buy
say 13 1 buy
say 14 2 sell
END
      ;;
    trips) # the day's loss makes the host reduce by itself: what rests as an entry is cancelled, nothing more is bought, a SELL runs
      least_orders=3 least_fills=2 execution='gtd_bars: 12'
      script >"$dir/$1.script" <<'END'
market 1 30 10000 10000 10000 9990 10000 10000 8000/8000 7900 7800 7800 7800 7800 7800 7800
market 2 0 10000 10000 10000 10010 10020 10020 10020 10020 10020 10020 9980 9980 9980 9980
say 3 1 buy
say 3 2 buy
say 8 2 buy
say 10 1 sell
END
      ;;
    wallets) # two products paid out of a wallet each: one wallet's asset leaves its peg, nothing is bought with it then, and what is held is sold
      instruments='BTC-USD, ETH-USDC, USDC-USD' sound='USDC=5000' cash='USD: "10000", USDC: "5000"' portfolio='portfolio: {pegs: {USDC: {to: USD, band: 1%}}}'
      execution='trip: {daily_loss: off, drawdown: off}'
      script >"$dir/$1.script" <<'END'
market 1 30 10000 10000 10000 9990 10000 10000 10000 10000 10000 10000 10000 10000 10000 10000 9990 9990 9990 9990 9990 9990
market 2 30 5000 5000 5000 4990 5000 5000 5000 5000 4990 5000 5000 4990 5000 5000 5000 5000 4990 4990 4990 4990
market 3 0 100 100 100 100 100 100 98 98 98 100 100 100 100 97 97 97 100 100 100 100
say 3 1 buy
say 3 2 buy
say 6 2 sell
say 8 2 buy
say 11 2 buy
say 14 1 sell
say 15 2 sell
say 17 1 buy
END
      ;;
    no_room) # bought before the disk is full, or resting then, and sold after it; what is said to be bought after it is not
      least_orders=6 least_fills=6
      script >"$dir/$1.script" <<'END'
market 1 30 10000 10000 10000 9990 10000 10000 10000 10000 10000 9990 9990 9990 9980 9990 9990 9990 9980 9990 9990
market 2 30 5000 5000 5000 5000 5000 4990 5000 5000 5000 5000 5000 4990 4990 4990 4990 4990 4990 4980 4990
say 3 1 buy
say 5 2 buy
say 9 1 sell
say 10 2 sell
say 12 1 buy
say 16 1 sell
END
      ;;
    close | close_late) # the operator sells what is held, and what is only being bought; it is bought again later
      listen=$open_ports least_orders=5 execution='gtd_bars: 8'
      # Late: a close that was recorded and not yet ordered is ordered when the restart has its answer, a bar later, at the same price.
      [ "$1" = close ] || venue='latency: 20s' same=money
      script >"$dir/$1.script" <<'END'
market 1 30 10000 10000 10000 9990 9990 10000 10000 10000 10000 9990 9990 9990 9990 9990 9990
market 2 0 10000 10000 10000 10010 10020 10020 10020 10030 10030 10030 10030 9990 9980 9980 9980
say 3 1 buy
say 3 2 buy
gate 5
gate 6
say 9 1 buy
say 10 2 buy
END
      ;;
    halt | latched) # stopped, and only the stop sells; once resumed, once latched for good by bowline-panic
      listen=$open_ports least_orders=3 least_fills=2 execution='gtd_bars: 12' stops='max_distance: 5%, trailing: 0%, break_even: 0%'
      [ "$1" = latched ] || least_orders=4 least_fills=3
      script >"$dir/$1.script" <<END
market 1 30 10000 10000 10000 9990 10000 10000 10000 9000/9000 8900 8900 8900 8900 8900 8900
market 2 0 10000 10000 10000 10010 10020 10020 10020 10020 10020 10020 10020 9990 9990 9990
say 3 1 buy
say 3 2 buy
gate 5
say 6 2 buy
say 6 1 sell
$([ "$1" = latched ] || echo gate 10)
say 11 2 buy
say 12 1 buy
END
      ;;
    liquidate | panic) # everything is cancelled and sold, slice by slice; once over HTTP, once by bowline-panic; then nothing is bought
      instruments='BTC-USD, ETH-USD, SOL-USD' listen=$open_ports position=25% same='' least_orders=5 execution='gtd_bars: 12'
      script >"$dir/$1.script" <<'END'
market 1 30 10000 10000 10000 9990 10000 10000 9990 9980 9970 9960 9950 9940 9940 9940 9940 9940 9940 9940 9940 9940 9940 9940
market 2 30 5000 5000 5000 4990 5000 5000 4990 4980 4970 4960 4950 4940 4940 4940 4940 4940 4940 4940 4940 4940 4940 4940
market 3 0 100 100 100 101 102 102 102 102 102 102 102 102 102 102 102 102 102 102 102 102 102 102
say 3 1 buy
say 3 2 buy
say 3 3 buy
gate 6
say 8 3 buy
say 14 1 buy
END
      ;;
    alone_stop | alone_liquidate) # the host is killed at the gate, and bowline-panic does it alone; others go on trading meanwhile
      instruments='BTC-USD, ETH-USD, SOL-USD' listen=$open_ports position=25% same='' stops='max_distance: 5%, trailing: 0%, break_even: 0%'
      execution='gtd_bars: 12, stops: {owner: venue}' venue="external_orders: [$(others_trade 00:25 BTC-USD=100 ETH-USD=50)]"
      [ "$1" = alone_liquidate ] || sound='protected resting'
      script >"$dir/$1.script" <<'END'
market 1 30 10000 10000 10000 9990 10000 10000 10000 10000 10000 10000 10000 10000
market 2 30 5000 5000 5000 4990 5000 5000 5000 5000 5000 5000 5000 5000
market 3 0 100 100 100 101 102 102 102 102 102 102 102 102
say 3 1 buy
say 3 2 buy
say 3 3 buy
gate 6
say 8 3 buy
END
      ;;
    states) # states and locks, of one product and of all
      listen=$open_ports least_orders=4 execution='gtd_bars: 4'
      script >"$dir/$1.script" <<'END'
market 1 30 10000 10000 10000 10000 10000 10000 10000 9990 10000 10000 10000 10000 10000 10000 9990 10000 10000 10000
market 2 30 5000 5000 5000 5000 5000 5000 5000 5000 5000 5000 4990 5000 5000 5000 5000 5000 5000 5000
gate 4
say 5 1 buy
say 5 2 buy
gate 6
say 7 1 buy
say 7 2 buy
say 10 2 buy
gate 11
say 12 1 sell
say 12 2 buy
gate 13
say 14 1 buy
END
      ;;
    adopt) # somebody else in the account, and what the operator takes over of it and gives back
      # When it is seen is another matter after a restart, which asks: what comes of it is not.
      listen=$open_ports same=alike least_orders=5 least_fills=4 stops='max_distance: 5%, trailing: 0%, break_even: 0%'
      venue='external_orders: [{at: 2024-01-01T00:20:00Z, do: fill, product: BTC-USD, side: buy, qty: "5", px: "100"}, {at: 2024-01-01T00:25:00Z, do: fill, product: ETH-USD, side: buy, qty: "8", px: "50", told: false}, {at: 2024-01-01T00:25:00Z, do: deposit, asset: USD, qty: "500"}, {at: 2024-01-01T00:30:00Z, do: order, product: BTC-USD, side: sell, qty: "1", px: "900"}]'
      script >"$dir/$1.script" <<'END'
market 1 30 10000 10000 10000 10000 10000 10000 10000 10000 10000 10000 10000 10000 10000 10000 10000 10000 10000 10000
market 2 30 5000 5000 5000 5000 5000 5000 5000 5000 5000 5000 5000 5000 5000 5000 4600/4600 4600 4600 4600
gate 8
say 10 1 sell
gate 12
END
      ;;
    orders) # an operator's order of each type and time in force: filled, triggered, whole or nothing, run out. Two are given at a
      # time, so that the venue may get them in another order
      listen=$open_ports same=renumbered least_orders=10 least_fills=7
      script >"$dir/$1.script" <<'END'
market 1 30 10000 10000 10000 10000 10000 9960 10000 10000 10200 10400 10300 10300 10300 10300 10300 10300 10300 10300 10300 10300 10300
market 2 0 5000 5000 5000 5000 5000 5000 5000 4950 4890/4880 4880 4880 4880 5010 5060 5060 5060 4900/4850 4850 4850 4850 4850
gate 4
gate 7
gate 11
gate 15
gate 18
END
      ;;
    amend | amend_late) # an operator amends what rests: price, quantity, target and stop. One that dies on its way is not sent again, so
      # that the ledger may be another one; on which terms each order works is judged
      listen=$open_ports same='' least_orders=3 least_fills=3
      [ "$1" = amend ] || venue='latency: 20s'
      script >"$dir/$1.script" <<'END'
market 1 30 10000 10000 10000 10000 10000 10000 10000 10000 10000 10000 10000 10000 10000 10000 10000 10450 10400 10400 10400 10400 10400 10400
market 2 0 5000 5000 5000 5000 5000 5000 5000 5000 5000 5000 5000 5000 5000 5000 5000 4950 4960 4960 4960 4960 4960 4960
gate 4
gate 7
gate 14
END
      ;;
    *) echo "matrix.sh: there is no scenario $1" >&2; exit 2 ;;
  esac
  local feed signal folders=$plugins
  if [ -s "$dir/$1.script" ]; then
    folders="$plugins, $tools/market"
    feed="plugin: test.feed.crash, params: {script: $dir/$1.script}" signal="plugin: test.signal.crash, params: {script: $dir/$1.script}"
  else
    feed="plugin: bowline.feed.simulated, params: {seed: 7, bars: $bars, speed: $speed, volatility: 0.01}"
    signal="plugin: bowline.signal.ema_cross, params: {fast: 1, slow: $slow}"
  fi
  echo "$sound" >"$dir/$1.sound"
  echo "$same" >"$dir/$1.same"
  cat >"$dir/$1.yaml" <<YAML
mode: mock
seed: 7
interval: 5m
listen: $listen
instruments: [$instruments]
plugins: {path: [$folders]}
bridge: {cost_gate: off, max_position: $position}
execution: {journal: {ballast: 4MiB}${execution:+, $execution}}
$portfolio
$rebalance
instances:
  - {id: market, kind: feed, $feed}
  - {id: cross, kind: signal, $signal}
  - {id: limits, kind: risk, plugin: bowline.risk.limits, params: {max_position: 40%, max_exposure: 90%, min_notional: "10"}}
  - {id: venue, kind: broker, plugin: bowline.broker.mock, params: {cash: {$cash}${venue:+, $venue}}}
  ${stops:+- {id: stops, kind: risk, plugin: bowline.risk.stops, params: {$stops\}\}}
  $more
YAML
}

# ---- what the whole run has to show -------------------------------------------------------------------------------------------
made() { # folder, purpose, more SQL: how many orders of that purpose
  "$sql" "$1/crypto_transactions.db" "SELECT count(*) FROM orders WHERE purpose='$2' ${3:-}"
}
events() { # folder, words: how often the run tells of it
  "$bowline" db dump core_events --var "$1" | grep -c "$2"
}
shows_stops() { [ "$(made "$1" stop)" -ge 8 ] && [ "$(events "$1" ',take_profit,')" -ge 3 ] && [ "$(events "$1" ',stop,')" -ge 3 ] && locked "$1"; }
shows_stops_late() { [ "$(made "$1" stop)" -ge 4 ] && [ "$(events "$1" ',take_profit,')" -ge 1 ] && [ "$(events "$1" ',stop,')" -ge 1 ] && locked "$1"; }
locked() { # somebody wanted to buy what a stop had sold
  "$sql" "$1/crypto_transactions.db" "SELECT count(*) FROM sizings WHERE code='REENTRY_LOCKED'" 2>/dev/null | grep -qv '^0' ||
    grep -q '"REENTRY_LOCKED": [1-9]' "$dir/out"
}
shows_resting() { # replaced, sold by itself, timed out and sold by the ladder, given way to a SELL; and never two beside each other
  "$sql" "$1/mock_venue.db" "SELECT sum(state='CANCELLED'), sum(cum_qty <> '0'), sum(state='OPEN') FROM orders WHERE type='STOP_LIMIT'" >"$dir/resting"
  awk -F'|' '{ exit !($1 >= 6 && $2 >= 1 && $3 == 1) }' "$dir/resting" && [ "$(events "$1" STOP_NOT_FILLED)" -ge 1 ] && [ "$(made "$1" exit)" -ge 1 ] &&
    [ "$(made "$1" stop "AND type NOT IN ('stop_limit', 'STOP_LIMIT')")" -ge 1 ]
}
shows_ladder() { [ "$(events "$1" EXIT_LADDER_END)" = 2 ] && [ "$(made "$1" exit)" = 4 ] && [ "$(made "$1" stop)" = 4 ] && locked "$1"; }
shows_overdue() { [ "$("$sql" "$1/journal.db" "SELECT count(*) FROM journal WHERE kind='order' AND payload LIKE '%cancel_sent%'")" -ge 2 ]; }
shows_reprice() { [ "$("$sql" "$1/mock_venue.db" "SELECT count(*) FROM orders WHERE side='BUY' AND symbol='BTC-USD' AND tif='IOC' AND state='FILLED'")" = 1 ]; }
shows_quotes() { [ "$(events "$1" ',take_profit,')" = 1 ] && [ "$(events "$1" ',stop,')" = 1 ]; }
shows_trips() {
  [ "$("$sql" "$1/journal.db" "SELECT count(*) FROM journal WHERE kind='state' AND payload LIKE '%DAILY_LOSS_TRIP%'")" = 1 ] &&
    [ "$("$sql" "$1/mock_venue.db" "SELECT count(*) FROM orders WHERE symbol='ETH-USD' AND state='CANCELLED'")" = 1 ]
}
shows_wallets() { # once not bought, and sold while the peg was broken
  [ "$(events "$1" PEG_BROKEN)" -ge 2 ] && [ "$(venue_orders "$1" "symbol='ETH-USDC' AND side='BUY'")" = 2 ] &&
    [ "$(venue_orders "$1" "symbol='ETH-USDC' AND side='SELL' AND state='FILLED'")" = 2 ]
}
shows_close() { [ "$(made "$1" operator)" = 1 ]; }
shows_close_late() { shows_close "$1"; }
shows_halt() { [ "$(made "$1" stop)" = 1 ] && [ "$(made "$1" exit)" = 0 ]; }
shows_latched() { shows_halt "$1"; }
shows_liquidate() { [ "$(made "$1" emergency)" -ge 6 ]; }
shows_panic() { [ "$(made "$1" emergency)" = 2 ]; }
shows_adopt() { [ "$(made "$1" exit)" = 1 ] && [ "$(made "$1" stop)" = 1 ]; }
venue_orders() { # folder, more SQL: how many orders the venue has
  "$sql" "$1/mock_venue.db" "SELECT count(*) FROM orders WHERE $2"
}
shows_orders() {
  [ "$(venue_orders "$1" "type='BRACKET' AND state='FILLED'")" = 2 ] && [ "$(venue_orders "$1" "type='STOP_LIMIT' AND state='FILLED' AND triggered")" = 2 ] &&
    [ "$(venue_orders "$1" "tif='FOK' AND state='FILLED'")" = 2 ] && [ "$(venue_orders "$1" "tif='FOK' AND state='CANCELLED' AND cum_qty='0'")" = 1 ] &&
    [ "$(venue_orders "$1" "post_only AND state='FILLED'")" = 1 ] && [ "$(venue_orders "$1" "tif='GTD' AND state='EXPIRED'")" = 1 ]
}
shows_amend() {
  [ "$("$sql" "$1/mock_venue.db" "SELECT count(*) FROM amends")" = 3 ] && [ "$(venue_orders "$1" "type='BRACKET' AND state='FILLED' AND cum_qty='6'")" = 1 ] &&
    [ "$(venue_orders "$1" "symbol='ETH-USD' AND state='FILLED' AND cum_qty='8'")" = 1 ]
}
shows_amend_late() { shows_amend "$1"; }

# ---- what is commanded --------------------------------------------------------------------------------------------------------
give_close() {
  if [ "$1" = 1 ]; then post "$3/positions/BTC-USD/close" close-1 '{"reason":"crash matrix"}'
  else post "$3/positions/ETH-USD/close" close-2 '{"reason":"crash matrix"}'; fi
}
give_close_late() { give_close "$@"; }
give_halt() {
  if [ "$1" = 1 ]; then post "$3/emergency/stop" stop-1 '{"reason":"crash matrix"}'
  else post "$3/emergency/resume" resume-1 '{"reason":"crash matrix"}'; fi
}
give_latched() { "$panic" stop --var "$2" --reason 'crash matrix' >"$2.panic" 2>&1; }
give_liquidate() {
  post "$3/emergency/liquidate-all" fire-1 '{"confirm":true,"reason":"crash matrix","id":"fire-1","max_slice":"900","max_slippage":"0.2"}'
}
give_panic() { # its first try may be killed at one of its own points
  if [ -n "${panic_at:-}" ] && [ ! -e "$2.panicked" ]; then
    touch "$2.panicked"
    "$tracer" kill $panic_at "$2" "$2.panic.reached" -- "$panic" liquidate --var "$2" --reason 'crash matrix' --id fire-1 >"$2.panic" 2>&1
    return 1
  fi
  "$panic" liquidate --var "$2" --reason 'crash matrix' --id fire-1 >"$2.panic" 2>&1
}
give_states() {
  case $1 in
    1) post "$3/trading/state" state-1 '{"state":"reducing","reason":"crash matrix","instrument":"BTC-USD"}' &&
      post "$3/positions/ETH-USD/lock" lock-1 '{"reason":"crash matrix","until":"2024-01-01T00:45:00Z"}' ;;
    2) post "$3/trading/state" state-2 '{"state":"active","reason":"crash matrix","instrument":"BTC-USD"}' ;;
    3) post "$3/trading/state" state-3 '{"state":"reducing","reason":"crash matrix"}' &&
      post "$3/positions/BTC-USD/lock" lock-2 '{"reason":"crash matrix"}' ;;
    4) post "$3/trading/state" state-4 '{"state":"active","reason":"crash matrix"}' &&
      post "$3/positions/BTC-USD/unlock" unlock-2 '{"reason":"crash matrix"}' ;;
  esac
}
give_adopt() {
  if [ "$1" = 1 ]; then post "$3/inventory/BTC-USD/adopt" adopt-1 '{"qty":"3","price":"100","reason":"crash matrix"}'
  else
    post "$3/inventory/ETH-USD/adopt" adopt-2 '{"qty":"5","price":"50","reason":"crash matrix"}' &&
      post "$3/inventory/ETH-USD/release" release-2 '{"qty":"2","reason":"crash matrix"}'
  fi
}

order() { # URL, key, what: an order
  post "$1/trades/execute" "$2" "{\"reason\":\"crash matrix\",$3}"
}
btc='"instrument":"BTC-USD"' eth='"instrument":"ETH-USD"' buy='"side":"BUY"' sell='"side":"SELL"'
give_orders() {
  case $1 in
    1) order "$3" order-1 "$btc,$buy,\"type\":\"limit\",\"tif\":\"GTC\",\"post_only\":true,\"qty\":\"5\",\"limit_price\":\"99.6\"" &&
      order "$3" order-2 "$eth,$buy,\"type\":\"market\",\"tif\":\"FOK\",\"qty\":\"10\"" ;;
    2) order "$3" order-3 "$btc,$sell,\"type\":\"bracket\",\"qty\":\"5\",\"limit_price\":\"103\",\"stop_price\":\"97\"" &&
      order "$3" order-4 "$eth,$sell,\"type\":\"stop_limit\",\"tif\":\"GTD\",\"expire\":\"2024-01-02T00:00:00Z\",\"qty\":\"10\",\"limit_price\":\"48.5\",\"stop_price\":\"49\"" ;;
    3) order "$3" order-5 "$btc,$buy,\"type\":\"limit\",\"tif\":\"FOK\",\"qty\":\"5\",\"limit_price\":\"104\"" &&
      order "$3" order-6 "$eth,$buy,\"type\":\"stop_limit\",\"tif\":\"GTC\",\"qty\":\"10\",\"limit_price\":\"51\",\"stop_price\":\"50\"" ;;
    4) order "$3" order-7 "$btc,$sell,\"type\":\"limit\",\"tif\":\"FOK\",\"qty\":\"5\",\"limit_price\":\"120\"" &&
      order "$3" order-8 "$eth,$sell,\"type\":\"bracket\",\"qty\":\"10\",\"limit_price\":\"60\",\"stop_price\":\"49.5\"" ;;
    5) order "$3" order-9 "$btc,$sell,\"type\":\"limit\",\"tif\":\"IOC\",\"qty\":\"5\",\"limit_price\":\"100\"" &&
      order "$3" order-10 "$eth,$buy,\"type\":\"limit\",\"tif\":\"GTD\",\"expire\":\"2024-01-01T01:40:00Z\",\"qty\":\"10\",\"limit_price\":\"47\"" ;;
  esac
}
amended() { # URL, instrument, key, what: the order of it that works, on other terms
  local id
  id=$(curl -s -m 5 "$1/orders?state=working" | grep -o "\"id\":\"[^\"]*\",\"decision\":\"[^\"]*\",\"instrument\":\"$2\"" | cut -d'"' -f4)
  [ -n "$id" ] && send PATCH "$1/orders/$id" "$3" "{\"reason\":\"crash matrix\",$4}"
}
give_amend() {
  case $1 in
    1) order "$3" order-1 "$btc,$buy,\"type\":\"market\",\"qty\":\"6\"" &&
      order "$3" order-2 "$eth,$buy,\"type\":\"limit\",\"tif\":\"GTC\",\"qty\":\"10\",\"limit_price\":\"48\"" ;;
    2) order "$3" order-3 "$btc,$sell,\"type\":\"bracket\",\"qty\":\"3\",\"limit_price\":\"110\",\"stop_price\":\"90\"" &&
      amended "$3" ETH-USD amend-1 '"qty":"4"' ;;
    3) amended "$3" BTC-USD amend-2 '"qty":"6","limit_price":"104","stop_price":"97"' &&
      amended "$3" ETH-USD amend-3 '"qty":"8","limit_price":"49.9"' ;;
  esac
}
give_amend_late() { give_amend "$@"; }

# ---- what has to be left --------------------------------------------------------------------------------------------------------
nothing_held() { # folder, assets: the venue has none of them
  [ "$("$sql" "$1/mock_venue.db" "SELECT count(*) FROM balances WHERE asset IN ($2) AND CAST(total AS REAL) <> 0")" = 0 ]
}
latched() { [ -e "$1/HALT" ] && [ "$("$sql" "$1/journal.db" "SELECT json_extract(payload,'\$.gate_open') FROM journal WHERE kind='state' ORDER BY row DESC LIMIT 1")" = 0 ]; }
liquidated() { # folder: done, once, and the latch still says so
  latched "$1" && grep -q '"id":"fire-1"' "$1/HALT" && nothing_held "$1" "'BTC','ETH','SOL'" &&
    [ "$("$sql" "$1/journal.db" "SELECT group_concat(json_extract(payload,'\$.event')) FROM journal WHERE kind='emergency'")" = begun,done ]
}
left_overdue() { nothing_held "$1" "'BTC','ETH'"; }
left_halt() { [ ! -e "$1/HALT" ]; }
left_latched() { latched "$1"; }
left_liquidate() { # within what its operator bounded, whoever went on with it
  liquidated "$1" && [ "$("$sql" "$1/crypto_transactions.db" "SELECT count(*) FROM orders WHERE purpose='emergency' AND (limit_px IS NULL OR CAST(qty AS REAL) * CAST(limit_px AS REAL) > 900)")" = 0 ]
}
left_panic() { liquidated "$1"; }
left_alone_liquidate() { liquidated "$1" && [ "$(venue_orders "$1" "state='OPEN'")" = 0 ]; }
left_alone_stop() { # the entry has gone, the stops stand, nothing was sold
  latched "$1" && [ "$(venue_orders "$1" "symbol='SOL-USD' AND state='CANCELLED'")" = 1 ] &&
    [ "$(venue_orders "$1" "type='STOP_LIMIT' AND state='OPEN'")" = 2 ] && [ "$(venue_orders "$1" "side='SELL' AND cum_qty <> '0'")" = 0 ]
}
