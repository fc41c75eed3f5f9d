# The books at the end of a run at bowline-venue, for scripts that have sourced check.sh and at_venue.sh: what the venue keeps, the host's
# store, its journal and its portfolio have to tell the same of every order and fill, to the last decimal. Also what the venue's log of
# requests says of their rate.

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
