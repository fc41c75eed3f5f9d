# What an operator who tries everything commands next: reads what works and what is held (lines of GET /orders and of GET /portfolio, one
# order or position each), and writes a configuration for curl with at most `most` commands, each over the connection of the one before.
# No purchase by quote is among them: of what one buys the venue tells in quote, and the two books part behind the fifteenth decimal.
# Drawn from `seed` and `round`. Variables: at, token (file of a header), seed, round, most, list ("SYMBOL=PRICE=LOT ..."), quick (the share of orders that
# are over at once).
function text(name,  at_, rest) {
  at_ = index($0, "\"" name "\":\"")
  if (at_ == 0) return ""
  rest = substr($0, at_ + length(name) + 4)
  return substr(rest, 1, index(rest, "\"") - 1)
}
function say(tag, method, path, body) {
  if (count++) print "next"
  printf "url = \"%s%s\"\nrequest = \"%s\"\nheader = \"@%s\"\nheader = \"Content-Type: application/json\"\n", at, path, method, token
  printf "header = \"Idempotency-Key: op-%d-%d-%d\"\nsilent\nmax-time = 20\nwrite-out = \"\\n@@ %%{http_code} %s\\n\"\n", seed, round, count, tag
  if (body != "") { gsub(/"/, "\\\"", body); printf "data = \"%s\"\n", body }
  --most
}
function order(tag, side, type, more) {
  say(tag, "POST", "/trades/execute", "{\"instrument\":\"" symbol "\",\"side\":\"" side "\",\"type\":\"" type "\"," more ",\"reason\":\"a soak\"}")
}
function px(share) { return sprintf("\"%.2f\"", price * (1 + share / 100)) }
function qty(lots) { return sprintf("\"qty\":\"%.8g\"", lot * lots) }
function limit(share, tif) { return qty(1 + int(rand() * 3)) ",\"limit_price\":" px(share) ",\"tif\":\"" tif "\"" }
function enter(  r) {
  if (rand() < quick) { # below the market: whole or not at all, or what can be had at once, which is nothing
    if (rand() < .5) order("ioc", "BUY", "limit", limit(-.3, "IOC"))
    else order("fok", "BUY", "limit", limit(-.3, "FOK"))
    return
  }
  r = rand()
  if (r < .12) order("market", "BUY", "market", qty(1 + int(rand() * 3)))
  else if (r < .36) order("limit", "BUY", "limit", limit(-1 - rand() * 3, "GTC"))
  else if (r < .46) order("near", "BUY", "limit", limit(-.02 - rand() / 20, "GTC"))
  else if (r < .58) order("post_only", "BUY", "limit", limit(-.1 - rand(), "GTC") ",\"post_only\":true")
  else if (r < .68) order("ioc", "BUY", "limit", limit(rand() < .5 ? .3 : -.3, "IOC"))
  else if (r < .78) order("fok", "BUY", "limit", limit(rand() < .5 ? .3 : -.3, "FOK"))
  else if (r < .90) order("stop_limit", "BUY", "stop_limit", qty(1) ",\"stop_price\":" px(.5 + rand()) ",\"limit_price\":" px(2))
  else order("limit", "BUY", "limit", limit(.2, "GTC"))
}
function leave(held,  r, all) {
  r = rand(); all = "\"qty\":\"" held "\""
  if (r < .35) say("close", "POST", "/positions/" symbol "/close", "{\"reason\":\"a soak\"}")
  else if (r < .50) order("sell", "SELL", "market", all)
  else if (r < .60) order("sell_limit", "SELL", "limit", all ",\"limit_price\":" px(1 + rand()) ",\"tif\":\"GTC\"")
  else if (r < .70) order("sell_ioc", "SELL", "limit", all ",\"limit_price\":" px(-.3) ",\"tif\":\"IOC\"")
  else if (r < .78) order("bracket", "SELL", "bracket", all ",\"limit_price\":" px(2) ",\"stop_price\":" px(-2))
  else enter()
}
function touch(  r) { # an order of the operator's that works
  r = rand()
  if (r < .55) say("cancel", "DELETE", "/orders/" id, "")
  else if (r < .75 && type == "limit") say("amend", "PATCH", "/orders/" id, "{\"limit_price\":" (side == "BUY" ? px(-1 - rand() * 3) : px(1 + rand())) ",\"reason\":\"a soak\"}")
}
BEGIN { srand(seed * 100003 + round); n = split(list, row, " "); for (i = 1; i <= n; ++i) { split(row[i], part, "="); name[i] = part[1]; price_of[part[1]] = part[2]; lot_of[part[1]] = part[3] } }
/"purpose":"/ {
  s = text("instrument")
  # What ends at once is waited for, as by anybody; and what is being cancelled.
  if (text("state") !~ /^(open|partially_filled)$/ || text("tif") ~ /^(IOC|FOK)$/) busy[s] = 1
  if (text("purpose") == "operator") { working[s] = text("id"); type_of[s] = text("type"); side_of[s] = text("side") }
  next
}
/"blocked":true|"closing":true|"entries":false/ { if (text("effective") != "") busy[text("instrument")] = 1 }
/"average_price":"/ { held[text("instrument")] = text("qty") }
END {
  for (i = n; i > 1; --i) { j = 1 + int(rand() * i); t = name[i]; name[i] = name[j]; name[j] = t }
  for (i = 1; i <= n && most > 0; ++i) {
    symbol = name[i]; price = price_of[symbol]; lot = lot_of[symbol]
    if (symbol in busy) continue
    if (symbol in working) { id = working[symbol]; type = type_of[symbol]; side = side_of[symbol]; touch() }
    else if (symbol in held) leave(held[symbol])
    else enter()
  }
  most = 9
  for (s in working) if (!(s in busy)) ++rest
  if (rest > 5 && rand() < .1) { # all entries at once
    say("state", "POST", "/trading/state", "{\"state\":\"reducing\",\"reason\":\"a soak\"}")
    say("state", "POST", "/trading/state", "{\"state\":\"active\",\"reason\":\"a soak\"}")
  }
  say("GET", "GET", "/orders?state=working", "")
  say("GET", "GET", "/portfolio", "")
  say("GET", "GET", "/trading/state", "")
}
