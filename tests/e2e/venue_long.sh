# What the long runs at bowline-venue share, for scripts that have sourced check.sh and at_venue.sh: the host's start and an operator's
# commands; what the venue's log of requests says of their rate; and the books at the end: what the venue keeps, the host's store, its
# journal and its portfolio have to tell the same of every order and fill, to the last decimal.

d=$dir/run do_sql=$build/tests/e2e/sqlite_do
ended() { # BOWLINE_KEEP=DIR keeps the folders of venue and host
  [ -z "${BOWLINE_KEEP:-}" ] || { mkdir -p "$BOWLINE_KEEP" && cp -r "$dir"/run* "$BOWLINE_KEEP/"; }
  clean
}
trap ended EXIT
for s in read trade emergency; do echo "Authorization: Bearer $(cat "$dir/secrets/$s")" >"$dir/$s.header"; done

# Product, price in front of the market, and what an order is of at least.
all_products='BTC-USD=60000=0.001 ETH-USD=3000=0.01 SOL-USD=140=0.2 XRP-USD=22=1 ADA-USD=44=1 DOGE-USD=15=2 LTC-USD=84=0.5 LINK-USD=13=3 AVAX-USD=14=2 XLM-USD=25=1 SHIB-USD=8=5'
at_instruments=$(sed 's/=[^ ]*//g; s/ /, /g' <<<"$all_products")
at_floor='max_order: 5000, max_day: 10000000, max_total: 500000, price_collar: 10%, max_orders_per_minute: 6000' at_ramp='usd_per_day: 10000000, orders_per_day: 1000000'
begin_all_products() { # folder, more YAML of the venue: it begins with them, and the host's configuration is written
  begin_venue "$1" "$2" "$(sed 's/=\([^ =]*\)=[^ ]*/=\1/g' <<<"$all_products")" 'USD: "200000"' || return 1
  [ -e "$dir/pins" ] || pins_of "$1"
  canary_noted "$1/var" "$dir/secrets/coinbase-key"
  live_config "$1" "$1/run.yaml"
  # Nobody is kept out of a product for an hour because a stop of it was reached.
  sed -i 's/stops: {owner: venue,/& lock_bars: 0,/' "$1/run.yaml"
  # The venue's own steps, where they are coarser than what the host assumes.
  sed -i 's/{symbol: XRP-USD,/& base_step: "0.000001",/; s/{symbol: DOGE-USD,/& base_step: "0.1",/; s/{symbol: LINK-USD,/& base_step: "0.01",/; s/{symbol: SHIB-USD,/& base_step: "1",/' "$1/run.yaml"
}
# Token's name, method, path, body: the status; the answer is in $dir/answer.
as() { curl -s -m 20 -o "$dir/answer" -w '%{http_code}' -X "$2" -H "@$dir/$1.header" -H 'Content-Type: application/json' -H "Idempotency-Key: bar-$(date +%s%N)" ${4:+-d "$4"} "$at$3"; }
stands() { at=$(at_of "$d/var"); [ -n "$at" ] && [ "$(as read GET /trading/state)" = 200 ]; }
active() { [ "$(as trade POST /trading/state '{"state":"active","reason":"book and venue agree"}')" = 200 ]; }
begin_host() { # folder: `host` is its process
  rm -f "$1/var/endpoints.json"
  "$bowline" run "$1/run.yaml" --var "$1/var" --log-file "$1/log" --json >"$1/out" 2>"$1/err" &
  host=$!
  started+=("$host")
}
agrees() { "$bowline" reconcile --plan --var "$d/var" --token secret://trade >"$dir/out" 2>"$dir/err"; }
at_rest() { as read GET '/orders?state=working' >/dev/null; ! grep -q '"id"' "$dir/answer"; }
end_both() { # folder: the portfolio as it was told at last is kept in it
  as read GET /portfolio >/dev/null
  cp "$dir/answer" "$1/portfolio"
  kill -TERM "$host"
  wait "$host"
  check "the host ends in order" is $? 0
  kill -TERM "$venue_pid"
  wait "$venue_pid"
  check "the venue, too" is $? 0
}

venue_rows() { # state of the venue, kind, fields: a line of them for each of portfolio `main`
  "$venue" --dump "$1" | awk -v kind="\"kind\":\"$2\",\"portfolio\":\"main\"" -v names="$3" '
    function value(name,  at, rest) {
      at = index($0, "\"" name "\":")
      if (at == 0) return "-"
      rest = substr($0, at + length(name) + 3)
      if (substr(rest, 1, 1) == "\"") { rest = substr(rest, 2); return substr(rest, 1, index(rest, "\"") - 1) }
      sub(/[,}].*/, "", rest)
      return rest
    }
    BEGIN { n = split(names, field, " ") }
    index($0, kind) { line = value(field[1]); for (i = 2; i <= n; ++i) line = line " " value(field[i]); print line }'
}
store_rows() { # state folder of the host, table, columns: a line of them for each row
  "$bowline" db dump "$2" --var "$1" | awk -v want="$3" '
    { gsub(/"[^"]*"/, "quoted") }
    NR == 1 { columns = split($0, name, ","); for (i = 1; i <= columns; ++i) at[name[i]] = i; n = split(want, w, " "); next }
    { split($0, cell, ","); line = ""; for (i = 1; i <= n; ++i) line = line (i > 1 ? " " : "") (cell[at[w[i]]] == "" ? "-" : cell[at[w[i]]]); print line }'
}
same() { # what, file, file: both sorted; the first lines that differ are shown
  local what=$1; shift
  check "$what" diff "$1" "$2" >"$dir/diff"
  grep -v '^[<>]\|^---' "$dir/diff" | grep '^ok\|^FAIL'
  grep '^[<>]' "$dir/diff" | head -20
}

# Folder of the venue and the host; both have ended. Leaves orders.venue, fills.venue and so on there. The host's orders are those whose ids it makes: bl-.
books_agree() {
  local d=$1 var=$1/var
  venue_rows "$d/state" order "client_order_id product_id side status filled_size filled_value total_fees order_id" | grep '^bl-' |
    sed 's/ FILLED / filled /; s/ CANCELLED / cancelled /; s/ EXPIRED / expired /; s/ FAILED / rejected /' | sort >"$d/orders.venue"
  store_rows "$var" orders "id symbol side state cum_qty cum_quote cum_fee venue_id" | sort >"$d/orders.store"
  check "each order is in the store once" is "$(cut -d' ' -f1 "$d/orders.store" | uniq -d)" ""
  check "each order is at the venue once" is "$(cut -d' ' -f1 "$d/orders.venue" | uniq -d)" ""
  cut -d' ' -f1 "$d/orders.venue" >"$d/ids.venue"
  join "$d/ids.venue" "$d/orders.store" >"$d/orders.both"
  same "orders: store and venue tell the same of the venue's $(wc -l <"$d/orders.venue"), to the last decimal" "$d/orders.venue" "$d/orders.both"
  # What is only in the store never came to the venue, or was refused there.
  join -v 2 "$d/ids.venue" "$d/orders.store" >"$d/orders.only"
  awk '!($4 ~ /^(rejected|denied|not_placed)$/ || ($4 ~ /^(cancelled|expired)$/ && $8 == "-")) || $5 + 0 != 0' "$d/orders.only" >"$d/orders.ghosts"
  check "orders: $(wc -l <"$d/orders.only") that the venue does not have were refused or never sent" is "$(head -5 "$d/orders.ghosts")" ""
  venue_rows "$d/state" order "order_id client_order_id" | sort >"$d/names"
  venue_rows "$d/state" fill "order_id entry_id product_id side price size commission" | sort | join "$d/names" - |
    awk '$2 ~ /^bl-/ { print $3, $2, $4, $5, $6, $7, $8 }' | sort >"$d/fills.venue"
  store_rows "$var" fills "fill_id order_id symbol side px qty fee" | sort >"$d/fills.store"
  same "fills: store and venue tell the same $(wc -l <"$d/fills.venue")" "$d/fills.venue" "$d/fills.store"

  check "the journal is proved" ends 0 "$bowline" journal verify --var "$var"
  cp "$dir/out" "$d/verified"
  journal() { "$do_sql" "$var/journal.db" "SELECT $1 FROM journal WHERE kind='$2'" | tr '|' ' ' | sort; }
  journal "json_extract(payload,'\$.client_id')" intent >"$d/intents"
  check "no order has two intents" is "$(uniq -d "$d/intents")" ""
  check "no order is at the venue without an intent" is "$(comm -13 "$d/intents" "$d/ids.venue" | head -5)" ""
  check "the store has the journal's orders, no more and no less" is "$(comm -3 "$d/intents" <(cut -d' ' -f1 "$d/orders.store") | head -5)" ""
  journal "json_extract(payload,'\$.fill_id'),json_extract(payload,'\$.client_id'),json_extract(payload,'\$.symbol'),json_extract(payload,'\$.side'),json_extract(payload,'\$.px'),json_extract(payload,'\$.qty'),json_extract(payload,'\$.fee')" fill >"$d/fills.journal"
  same "fills: the journal tells the same" "$d/fills.venue" "$d/fills.journal"

  # Cash and coins: the venue's accounts, the portfolio's as GET /portfolio told at last.
  venue_rows "$d/state" account "currency available hold" | sort >"$d/accounts"
  check "cash: the portfolio's is the venue's" is "$(grep -o '"cash":"[^"]*"' "$d/portfolio" | head -1 | cut -d'"' -f4)" "$(sed -n 's/^USD \([^ ]*\) .*/\1/p' "$d/accounts")"
  grep -o '"instrument":"[^"]*","qty":"[^"]*"' "$d/portfolio" | cut -d'"' -f4,8 | tr '"' ' ' | sed 's/-USD / /' | sort >"$d/positions.portfolio"
  awk '$1 != "USD" && $2 + $3 != 0 { print $1, $2 + 0 == 0 ? $3 : $2 }' "$d/accounts" | sort >"$d/positions.venue"
  same "positions: the portfolio's $(wc -l <"$d/positions.portfolio") are what the venue has" "$d/positions.venue" "$d/positions.portfolio"
  check "nothing is on hold" is "$(awk '$3 != 0' "$d/accounts")" ""
}

private_requests() { # log of the venue: what counts for the key's limit, a line each
  grep ' /api/v3/brokerage/' "$1" | grep -v ' /api/v3/brokerage/\(market/\|time \)'
}
rates() { # log: requests of the key, the most of a second of the clock, the most within 1000 ms, seconds with more than `rate`
  private_requests "$1" | sort -n -k 1,1 -s | awk -v rate="$2" '
    { second[int($1 / 1000)]++; t[NR] = $1; for (++from; t[from] <= $1 - 1000; ++from); most = NR - from + 1 > most ? NR - from + 1 : most; --from }
    END { for (s in second) { if (second[s] > top) top = second[s]; if (second[s] > rate) ++over } print NR, top + 0, most + 0, over + 0 }'
}
