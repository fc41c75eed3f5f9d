#!/usr/bin/env bash
# A liquidation of everything by the real Coinbase broker at bowline-venue, with pages of two and three entries: ten positions whose stops
# rest, an entry that rests, others' orders, and one product that the venue takes cancels of and no more. It is begun once as the venue
# should be, and then with injected 429 and 401 and fills that are listed late. All that can be sold is sold, the rest is parked and named,
# and sold when its product trades again; and the faults cost at most 1.3 times the requests, those not counted that were refused so by lot.
#   tests/e2e/venue_liquidation.sh BUILD [RUNS]
# With faults RUNS times (3), each with another seed. BOWLINE_KEEP=DIR keeps the folders.
build=$(realpath "$1") runs=${2:-3}
here=$(cd "$(dirname "$0")" && pwd)
set -- "$build/bin/bowline" "$here/../.."
source "$here/check.sh"
source "$here/at_venue.sh"
source "$here/venue_long.sh"
at_broker='rate: 10, per_hour: 0, accounts_page: 2, orders_page: 3, fills_page: 2'
closed=SOL-USD

status_of() { sed 's/},{/},\n{/g' "$dir/answer" | grep "\"instrument\":\"$1\"" | sed 's/.*"status":"\([a-z_]*\)".*/\1/'; }
stops_rest() { as read GET '/orders?state=working' >/dev/null; [ "$(grep -o '"purpose":"stop"[^}]*"state":"open"' "$dir/answer" | wc -l)" = "$1" ]; }
priced() { [ "$(as trade POST "/trades/execute?dry_run=true" "{\"instrument\":\"$1\",\"side\":\"BUY\",\"type\":\"market\",\"qty\":\"$2\",\"reason\":\"a test\"}")" = 200 ]; }
sold_but_one() { # every position is sold but that of the closed product
  as read GET /emergency/end >/dev/null
  [ "$(status_of $closed)" = parked ] && [ "$(grep -o '"status":"sold"' "$dir/answer" | wc -l)" = 9 ]
}
done_whole() { as read GET /emergency/end >/dev/null; grep -q '"phase":"done"' "$dir/answer"; }

scenario() { # name, rules and lags of the venue: `asked_for` requests from the command to when all but one is sold, `by_lot` of them refused so, `took` ms
  d=$dir/run-$1
  local row product price lot from to
  check "$1: the venue begins" begin_all_products "$d" "limits: {private: 10, public: 30}
$2" || exit 1
  begin_host "$d"
  check "$1: the host begins" within 90 stands || { cat "$d/err"; exit 1; }
  check "$1: an operator lets it trade" within 60 active
  for row in $all_products; do
    product=${row%%=*} price=${row#*=} price=${price%=*} lot=${row##*=}
    within 60 priced "$product" "$lot" || { echo "$product has no price"; cat "$dir/answer"; }
    if [ "$product" = SHIB-USD ]; then
      as trade POST /trades/execute "{\"instrument\":\"$product\",\"side\":\"BUY\",\"type\":\"limit\",\"qty\":\"$lot\",\"limit_price\":\"7.70\",\"reason\":\"a test\"}" >/dev/null
    else
      as trade POST /trades/execute "{\"instrument\":\"$product\",\"side\":\"BUY\",\"type\":\"market\",\"qty\":\"$lot\",\"reason\":\"a test\"}" >/dev/null
    fi
  done
  check "$1: ten positions, a stop of each rests at the venue" within 60 stops_rest 10 || cat "$dir/answer"
  check "$1: book and venue agree" within 60 agrees || cat "$dir/out"
  check "$1: a product takes cancels alone from now on" grep -q . <(tell POST "/products/$closed" '{"cancel_only":true}')
  sleep 3 # what was bought is no longer looked after
  local rule
  while read -r rule; do [ -z "$rule" ] || tell POST /rules "$rule" >/dev/null; done <<<"${3:-}"
  from=$(date +%s%3N)
  check "$1: everything is to be sold" is "$(as emergency POST /emergency/liquidate-all '{"confirm":true,"reason":"a test","id":"end"}')" 202
  check "$1: all that can be sold is sold, the rest is parked and named" within 120 sold_but_one || cat "$dir/answer"
  to=$(date +%s%3N)
  took=$((to - from))
  private_requests "$d/requests" | awk -v from="$from" -v to="$to" '$1 >= from && $1 <= to' >"$d/between"
  asked_for=$(wc -l <"$d/between") by_lot=$(grep -c ' \(429\|401\) rule' "$d/between")
  tell DELETE /rules >/dev/null
  check "$1: the product trades again" grep -q . <(tell POST "/products/$closed" '{"cancel_only":false}')
  check "$1: and is sold" within 120 done_whole || cat "$dir/answer"
  check "$1: that was the last" is "$(grep -o '"status":"[a-z]*"' "$dir/answer" | cut -d'"' -f4 | sort | uniq -c | awk '{ printf "%s %s;", $1, $2 }')" '1 flat;10 sold;'
  check "$1: the venue was read once more" grep -q '"final_read":true' "$dir/answer"
  cp "$dir/answer" "$d/receipt"
  check "$1: book and venue agree at the end" within 60 agrees || cat "$dir/out"
  check "$1: no order works" within 30 at_rest
  end_both "$d"
  books_agree "$d"
  check "$1: the venue never had too many requests" is "$(grep -c ' rate limit$' "$d/requests")" 0
  table+="  $1: $asked_for requests in $took ms, $by_lot of them refused by lot: $(awk '{ print $3, $4 }' "$d/between" | sed 's/ .*historical\/fills.*/ fills/; s/ .*historical\/batch.*/ lists/; s/ .*historical.*/ one order/; s/ .*brokerage\// /; s/[?].*//' | sort | uniq -c | sort -rn | awk '{ printf "%s%s %s %s", s, $1, $2, $3; s = ", " }')"$'\n'
}
table=
scenario plain ''
plain=$asked_for
for n in $(seq "$runs"); do
  scenario "faults-$n" 'engine: {fill_lag: 1500ms}' '{"on":"request","do":"rate_limited","route":"/api/v3/brokerage/*","probability":"6%","seed":'"$n"'}
{"on":"request","do":"unauthorized","route":"/api/v3/brokerage/*","probability":"3%","seed":'"$((n + 50))"'}'
  counted=$((asked_for - by_lot))
  check "faults-$n: $counted requests, $(awk "BEGIN { printf \"%.2f\", $counted / $plain }") times those without faults (bar 1.3)" test $((counted * 10)) -le $((plain * 13))
done
echo 'liquidation of ten positions at 10 requests/s, pages of 2 accounts, 3 orders, 2 fills, one product that takes cancels alone'
printf '%s' "$table"
exit $failed
