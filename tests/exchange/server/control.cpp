#include "exchange/server/control.hpp"

#include <algorithm>
#include <charconv>

#include "config/values.hpp"

namespace bowline::exchange {
namespace {

using Json = nlohmann::ordered_json;
using Then = ControlAnswer::Then;

WebReply told(const Json& body) { return {200, {}, body.dump(), {}}; }
WebReply refused(const Error& e, int status = 400) { return {status, {}, Json{{"error", e.code}, {"message", e.message}}.dump(), {}}; }
WebReply done(const Result<void>& r) {
  if (r) return told({{"done", true}});
  const bool absent = r.error().code.ends_with("_UNKNOWN");
  return refused(r.error(), absent ? 404 : 400);
}
Error wrong(const std::string& why) { return {"CONTROL_INVALID", why}; }

/// The texts and flags of a body; a key that nobody asked for is refused.
class Body {
 public:
  explicit Body(const std::string& text) : all_(text.empty() ? Json::object() : Json::parse(text, nullptr, false)) {
    if (!all_.is_object()) fault_ = wrong("the body has to be a JSON object");
  }
  std::string text(const char* key, bool needed = true) {
    known_.emplace_back(key);
    if (!all_.is_object() || !all_.contains(key)) {
      if (needed) refuse(std::string("\"") + key + "\" is needed");
      return {};
    }
    const Json& v = all_[key];
    if (v.is_number()) return v.dump();
    if (v.is_string()) return v.get<std::string>();
    refuse(std::string("\"") + key + "\" is a text");
    return {};
  }
  Decimal amount(const char* key) {
    const std::string s = text(key);
    const auto d = Decimal::try_parse(s);
    if (!d) refuse(std::string("\"") + key + "\" is a decimal number");
    return d.value_or(Decimal::zero());
  }
  void flag(const char* key, bool& into) {
    known_.emplace_back(key);
    if (!all_.is_object() || !all_.contains(key)) return;
    if (all_[key].is_boolean()) into = all_[key].get<bool>();
    else refuse(std::string("\"") + key + "\" is true or false");
  }
  bool is_null(const char* key) {
    known_.emplace_back(key);
    return all_.is_object() && all_.contains(key) && all_[key].is_null();
  }
  void refuse(const std::string& why) {
    if (!fault_) fault_ = wrong(why);
  }
  /// Behind all questions: what is wrong with it.
  const std::optional<Error>& fault() {
    if (all_.is_object())
      for (const auto& item : all_.items())
        if (std::find(known_.begin(), known_.end(), item.key()) == known_.end()) refuse("\"" + item.key() + "\" is not known here");
    return fault_;
  }

 private:
  Json all_;
  std::vector<std::string> known_;
  std::optional<Error> fault_;
};

Json describe(const Venue& v) {
  Json users = Json::array();
  for (const std::string& name : v.portfolios()) {
    Json accounts = Json::object();
    const UserId user = *v.portfolio(name);
    for (const AccountView& a : v.engine().accounts(user))
      accounts[a.currency] = {{"available", a.account.available.to_string()}, {"hold", a.account.hold.to_string()}};
    users.push_back({{"name", name}, {"uuid", v.engine().id(user)}, {"accounts", accounts}});
  }
  OrderFilter all;
  all.limit = static_cast<std::size_t>(-1);
  OrderFilter open = all;
  open.statuses = {Status::pending, Status::open, Status::cancel_queued};
  return {{"time_ns", v.engine().now()},
          {"skew", (v.skew_ns() < 0 ? "-" : "") + config::duration_text(v.skew_ns() < 0 ? -v.skew_ns() : v.skew_ns())},
          {"orders", v.engine().orders(all).orders.size()},
          {"open", v.engine().orders(open).orders.size()},
          {"portfolios", users}};
}

WebReply rules(Venue& v, const WebRequest& r, std::string_view id) {
  Mischief& m = v.mischief();
  if (!id.empty()) {
    std::uint64_t n = 0;
    const bool number = std::from_chars(id.data(), id.data() + id.size(), n).ptr == id.data() + id.size();
    if (r.method != "DELETE") return refused(wrong("a rule can be taken away with DELETE"), 405);
    if (!number || !m.remove(n)) return refused({"RULE_UNKNOWN", "there is no rule of this number"}, 404);
    return told({{"done", true}});
  }
  if (r.method == "POST") {
    const Json body = Json::parse(r.body, nullptr, false);
    auto rule = read_rule(body);
    if (!rule) return refused(rule.error());
    return told({{"id", m.add(std::move(*rule))}});
  }
  if (r.method == "DELETE") {
    m.clear();
    return told({{"done", true}});
  }
  Json all = Json::array();
  for (const Rule& rule : m.rules()) all.push_back(to_json(rule));
  return told({{"rules", all}});
}

WebReply money(Venue& v, const WebRequest& r, bool in, std::int64_t now_ns) {
  Body b(r.body);
  const std::string name = b.text("portfolio"), currency = b.text("currency");
  const Decimal amount = b.amount("amount");
  if (b.fault()) return refused(*b.fault());
  return done(in ? v.deposit(name, currency, amount, now_ns) : v.withdraw(name, currency, amount, now_ns));
}

WebReply fees(Venue& v, const WebRequest& r) {
  Body b(r.body);
  const std::string name = b.text("portfolio"), maker = b.text("maker"), taker = b.text("taker");
  const auto m = config::parse_fraction(maker), t = config::parse_fraction(taker);
  if (!m || !t) b.refuse("maker and taker are shares, as 0.4% or 0.004");
  if (b.fault()) return refused(*b.fault());
  return done(v.set_rates(name, {*m, *t}));
}

WebReply flags(Venue& v, const WebRequest& r, std::string_view product, std::int64_t now_ns) {
  const auto n = v.engine().product_number(product);
  if (!n) return refused({"PRODUCT_UNKNOWN", "there is no product " + std::string(product)}, 404);
  ProductFlags f = v.engine().products()[*n].flags;
  Body b(r.body);
  if (const std::string status = b.text("status", false); !status.empty()) {
    bool known = false;
    for (const ProductStatus s : {ProductStatus::online, ProductStatus::offline, ProductStatus::delisted})
      if (name(s) == status) f.status = s, known = true;
    if (!known) b.refuse("status is online, offline or delisted");
  }
  b.flag("is_disabled", f.is_disabled);
  b.flag("trading_disabled", f.trading_disabled);
  b.flag("cancel_only", f.cancel_only);
  b.flag("limit_only", f.limit_only);
  b.flag("post_only", f.post_only);
  b.flag("auction_mode", f.auction_mode);
  b.flag("view_only", f.view_only);
  if (b.fault()) return refused(*b.fault());
  return done(v.set_flags(product, f, now_ns));
}

WebReply price(Venue& v, const WebRequest& r, std::string_view product, std::int64_t now_ns) {
  Body b(r.body);
  const Decimal at = b.is_null("price") ? Decimal::not_set() : b.amount("price");
  if (b.fault()) return refused(*b.fault());
  return done(v.hold_price(product, at, now_ns));
}

WebReply clock(Venue& v, const WebRequest& r, std::int64_t now_ns) {
  Body b(r.body);
  const std::string text = b.text("skew");
  const bool minus = text.starts_with('-');
  const auto ns = config::parse_duration(minus ? text.substr(1) : text);
  if (!ns) b.refuse("skew is a time, as 5s or -30s");
  if (b.fault()) return refused(*b.fault());
  v.set_skew(minus ? -*ns : *ns);
  v.advance(now_ns);
  return told({{"done", true}});
}

}  // namespace

ControlAnswer control(Venue& v, const WebRequest& r, std::int64_t now_ns) {
  const std::string_view path = std::string_view(r.target).substr(0, r.target.find('?'));
  const bool get = r.method == "GET", post = r.method == "POST";
  const auto behind = [&](std::string_view prefix) { return path.starts_with(prefix) ? path.substr(prefix.size()) : std::string_view(); };
  if (path == "/" && get) return {told(describe(v))};
  if (path == "/rules") return {rules(v, r, {})};
  if (const auto id = behind("/rules/"); !id.empty()) return {rules(v, r, id)};
  if (!post) return {refused({"CONTROL_UNKNOWN", "there is nothing at " + r.method + " " + std::string(path)}, 404)};
  if (path == "/clock") return {clock(v, r, now_ns)};
  if (path == "/deposit" || path == "/withdraw") return {money(v, r, path == "/deposit", now_ns)};
  if (path == "/fees") return {fees(v, r)};
  if (const auto id = behind("/products/"); !id.empty()) return {flags(v, r, id, now_ns)};
  if (const auto id = behind("/market/"); !id.empty()) return {price(v, r, id, now_ns)};
  if (path == "/disconnect") {
    Body b(r.body);
    const std::string what = b.text("what");
    if (what != "streams" && what != "all") b.refuse("what is streams or all");
    if (b.fault()) return {refused(*b.fault())};
    return {told({{"done", true}}), what == "all" ? Then::disconnect_all : Then::disconnect_streams};
  }
  if (path == "/kill") return {{}, Then::kill};
  if (path == "/stop") return {told({{"done", true}}), Then::stop};
  return {refused({"CONTROL_UNKNOWN", "there is nothing at " + r.method + " " + std::string(path)}, 404)};
}

}  // namespace bowline::exchange
