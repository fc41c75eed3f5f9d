#!/usr/bin/env bash
# A long run of the real Coinbase broker at bowline-venue under faults: an operator orders, amends, cancels and closes as fast as the
# limit of the key lets him, while requests and frames are lost, delayed, doubled, refused and disturbed by lot. At the end everything is
# sold, still under faults; then venue, store, journal and portfolio have to tell the same of each order and fill, to the last decimal, and
# the venue may never have had to refuse a request because there were too many.
#   tests/e2e/venue_soak.sh BUILD [SECONDS [RATE [ORDERS [SEED]]]]
# Ends after SECONDS (600), or with ORDERS at the venue if that is earlier (0: whatever their number), at RATE requests a second of the key
# (10). Nightly 600 s at 10, and 10,000 orders at 30. BOWLINE_KEEP=DIR keeps the folders.
build=$(realpath "$1") seconds=${2:-600} rate=${3:-10} orders=${4:-0} seed=${5:-1}
here=$(cd "$(dirname "$0")" && pwd)
set -- "$build/bin/bowline" "$here/../.."
source "$here/check.sh"
source "$here/at_venue.sh"
source "$here/venue_long.sh"

# One order of a product at a time keeps more of them from coming: many are over at once, the more so at a high rate.
quick=.6; [ "$rate" -lt 20 ] || quick=.7
at_broker="rate: $rate, per_hour: 0"
# Of the requests and frames that come, so many in ten thousand. What is dropped or answered otherwise was done at the venue, or was not.
fault() { # what it is on and does, of ten thousand, seed
  echo "  - {$1, probability: $(awk "BEGIN { print $2 / 100 }")%, seed: $3}"
}
rules() {
  echo 'misbehaviour:'
  local n=$seed
  while read -r often what; do fault "$what" "$often" $((n += 7)); done <<'RULES'
100 on: request, do: drop_before, route: "/api/v3/brokerage/*"
100 on: request, do: drop_after, route: "/api/v3/brokerage/*"
20 on: request, do: stall, route: "*/orders"
20 on: request, do: stall, done: false, route: "*/orders*"
100 on: request, do: wait, by: 1500ms, route: "*/orders*"
100 on: request, do: rate_limited, route: "*/orders*"
50 on: request, do: rate_limited, headers: false, route: "/api/v3/brokerage/*"
50 on: request, do: unauthorized, route: "*/orders*"
100 on: request, do: server_error, route: "/api/v3/brokerage/*"
100 on: request, do: server_error, done: true, method: POST, route: "*/orders*"
50 on: request, do: truncate, bytes: 60, route: "*/orders*"
50 on: request, do: reject, reason: INSUFFICIENT_FUND, method: POST, route: "*/orders"
100 on: frame, do: lose, channel: user
100 on: frame, do: hide, channel: user
200 on: frame, do: duplicate, channel: user
100 on: frame, do: reorder, channel: user
200 on: frame, do: delay, channel: user, by: 3s
300 on: frame, do: hide, channel: user, fills: true
30 on: frame, do: disconnect, channel: user
RULES
}
check "the venue begins" begin_all_products "$d" "limits: {private: $rate, public: 30}
engine: {pending_lag: 50ms, visibility_lag: 150ms, cancel_lag: 100ms, edit_lag: 100ms, fill_lag: 500ms}
$(rules)" || exit 1
begin_host "$d"
check "the host begins" within 90 stands || { cat "$d/err"; exit 1; }
check "an operator lets it trade" within 60 active

# ---- the operator ---------------------------------------------------------------------------------------------------------------------
begun=$SECONDS round=0 resumed=0 restarts=0 asleep=0 next_look=$((SECONDS + 10)) next_move=$SECONDS
: >"$d/said" >"$dir/state"
at_venue_now() { tell GET / | sed 's/.*"orders":\([0-9]*\).*/\1/'; }
RANDOM=$seed
move_market() { # a product's price stands up to 1 % off, or up to 6 % below for stops to be reached, or goes its own way again
  local row product price
  row=($all_products); row=${row[RANDOM % ${#row[@]}]}
  product=${row%%=*} price=${row#*=} price=${price%=*}
  case $((RANDOM % 8)) in
    0) price=\"$(awk "BEGIN { printf \"%.2f\", $price * (1 - (4 + $((RANDOM % 20)) / 10) / 100) }")\" ;;
    1 | 2 | 3) price=null ;;
    *) price=\"$(awk "BEGIN { printf \"%.2f\", $price * (1 + ($((RANDOM % 200)) - 100) / 10000) }")\" ;;
  esac
  tell POST "/market/$product" "{\"price\":$price}" >/dev/null
}
while kill -0 "$host" 2>/dev/null && [ $((SECONDS - begun)) -lt "$seconds" ] && { [ "$orders" = 0 ] || [ $((round % 20)) != 0 ] || [ "$(at_venue_now)" -lt "$orders" ]; }; do
  : $((++round))
  flying=$(grep -c '"state":"\(recorded\|submitted\|cancel_pending\|unknown\)"' "$dir/state")
  most=$((rate / 2 + 2 - flying))
  awk -v at="$at" -v token="$dir/trade.header" -v seed="$seed" -v round="$round" -v most=$((most > 0 ? most : 0)) -v quick="$quick" -v list="$all_products" -f "$here/venue_operator.awk" "$dir/state" >"$dir/commands"
  curl -s -K "$dir/commands" >"$dir/answers"
  grep '^@@' "$dir/answers" >>"$d/said"
  grep -o '"error":{"code":"[A-Z_]*"' "$dir/answers" | cut -d'"' -f6 >>"$d/refused"
  grep -e '^{"orders":' -e '^{"version":' -e '^{"state":"[a-z]*","frozen"' "$dir/answers" | sed 's/},{/},\n{/g' >"$dir/state"
  if [ $SECONDS -ge $next_move ]; then move_market; next_move=$((SECONDS + 1)); fi
  if [ $SECONDS -ge $next_look ]; then
    next_look=$((SECONDS + 10))
    # What can't be explained blocks its product, or halts all: looked at, and let go on.
    if grep -q '"blocked":true\|"effective":"\(reducing\|halted\)"' "$dir/answers"; then
      grep -o '"instrument":"[^"]*","state":"[a-z]*"[^}]*"blocked":true' "$dir/answers" | cut -d'"' -f4 >>"$d/blocked"
      as emergency POST /emergency/resume '{"reason":"a soak: looked at"}' >/dev/null
      active || true
      : $((++resumed))
    fi
  fi
  [ $most -gt 0 ] || sleep 0.1
done
traded=$((SECONDS - begun))
check "the host lives" kill -0 "$host"
count_end=$(at_venue_now)
begin_requests=$(private_requests "$d/requests" | wc -l)
check "no answer of the host's is a fault of its own" is "$(grep -c '^@@ \(000\|500\|501\)' "$d/said")" 0

# ---- the end --------------------------------------------------------------------------------------------------------------------------
check "the operator stops it" is "$(as trade POST /emergency/stop '{"reason":"the end of the soak"}')" 200
check "and sells everything" is "$(as emergency POST /emergency/liquidate-all '{"confirm":true,"reason":"the end of the soak","id":"end"}')" 202
sold() { as read GET /emergency/end >/dev/null; grep -q '"phase":"done"' "$dir/answer"; }
check "to its end, under faults" within 300 sold
cp "$dir/answer" "$d/receipt"
tell GET /rules >"$d/rules"
tell DELETE /rules >/dev/null
check "book and venue agree" within 180 agrees || cat "$dir/out" "$dir/err"
check "no order works, and none has an unknown fate" within 90 at_rest || cat "$dir/answer"
sleep 2
end_both "$d"
check "nothing is held at the end" is "$(grep -c '"average_price"' "$d/portfolio")" 0
books_agree "$d"
check "nothing works at the venue" is "$(venue_rows "$d/state" order "status client_order_id" | grep -c '^\(OPEN\|PENDING\|QUEUED\)')" 0
check "the venue never had too many requests" is "$(grep -c ' rate limit$' "$d/requests")" 0

read -r requests top most_1s over < <(rates "$d/requests" "$rate")
check "no second of the clock, and no 1000 ms, had more than a bucket of $rate and its refill" test "$most_1s" -le $((2 * rate + 1))
named=$(wc -l <"$d/orders.venue") fills=$(wc -l <"$d/fills.venue")
cat <<TABLE
soak of $traded s at $rate requests/s, seed $seed
  orders at the venue          $named ($count_end when the operator stopped), $(awk "BEGIN { printf \"%.0f\", $count_end * 60 / ($traded ? $traded : 1) }") a minute; fills $fills
  commands                     $(grep -vc ' GET$' "$d/said"): $(grep -v ' GET$' "$d/said" | cut -d' ' -f2 | sort | uniq -c | awk '{ printf "%s%s %s", s, $1, $2; s = ", " }')
  requests of the key          $begin_requests while it traded, $(awk "BEGIN { printf \"%.2f\", $begin_requests / ($count_end ? $count_end : 1) }") an order, $(awk "BEGIN { printf \"%.1f\", $begin_requests / ($traded ? $traded : 1) }") a second; $requests in all
  most of a second, of 1000 ms $top, $most_1s; $over seconds had more than $rate
  refused: too many            $(grep -c ' rate limit$' "$d/requests") by the venue's limit, $(grep -c ' 429 rule' "$d/requests") by lot
  faults                       $(awk '$5 == 0' "$d/requests" | wc -l) without an answer, $(grep -c ' rule [0-9]*$' "$d/requests") answers in place of the venue's
  resumes                      $resumed; blocked: $(sort "$d/blocked" 2>/dev/null | uniq -c | awk '{ printf "%s%s %s", s, $2, $1; s = ", " }')
  incidents                    $(grep -o '"msg":"[A-Z][A-Z_]*[A-Z]: ' "$d/log" | cut -d'"' -f4 | sort | uniq -c | sort -rn | awk '{ printf "%s%s %s", s, $2, $1; s = ", " }')
  refused by the host          $(sort "$d/refused" 2>/dev/null | uniq -c | sort -rn | awk '{ printf "%s%s %s", s, $2, $1; s = ", " }')
  $(grep intents "$d/verified")
TABLE
exit $failed
