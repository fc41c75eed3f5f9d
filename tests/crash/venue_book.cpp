// crash_venue_book: brings the book of bowline-venue into the form in which the judge reads a venue (the tables of the mock venue's
// state file that it looks at), so that a run at the one is judged as a run at the other. It shares no code with either.
//
//   bowline-venue --dump STATE | crash_venue_book PORTFOLIO FILE.db
//
// All orders of that portfolio are taken for the host's own. Ends with 2 when a line cannot be read or the file not be written.
#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace {

using Json = nlohmann::json;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "crash_venue_book: %s\n", why.c_str());
  std::exit(2);
}

constexpr const char* tables = R"sql(
CREATE TABLE balances(asset, total, hold);
CREATE TABLE orders(order_no INTEGER PRIMARY KEY, client_id, venue_id, symbol, side, type, tif, post_only, qty, quote_qty, limit_px, stop_px, expire_ns,
  submitted_ns, accepted_ns, updated_ns, state, reason, triggered, cum_qty, cum_quote, cum_fee, hold_asset, hold, amends,
  asked_qty, asked_limit_px, asked_stop_px, asked_expire_ns);
CREATE TABLE fills(fill_id, order_no, client_id, px, qty, quote, fee, fee_asset, liquidity, ts_ns);
CREATE TABLE amends(amend_no INTEGER PRIMARY KEY, order_no, qty, limit_px, stop_px, expire_ns, ts_ns);
CREATE TABLE external_acts(order_no, script, ts_ns, asset, amount, reason);
)sql";

class Book {
  sqlite3* db_ = nullptr;

 public:
  explicit Book(const char* path) {
    std::remove(path);
    if (sqlite3_open(path, &db_) != SQLITE_OK) failed();
    if (sqlite3_exec(db_, tables, nullptr, nullptr, nullptr) != SQLITE_OK) failed();
    if (sqlite3_exec(db_, "BEGIN", nullptr, nullptr, nullptr) != SQLITE_OK) failed();
  }
  Book(const Book&) = delete;
  Book& operator=(const Book&) = delete;
  ~Book() { sqlite3_close(db_); }

  /// Texts and numbers as they are, null as NULL.
  void put(const std::string& table, const std::vector<Json>& row) {
    std::string sql = "INSERT INTO " + table + " VALUES(";
    for (std::size_t i = 0; i < row.size(); ++i) sql += i == 0 ? "?" : ",?";
    sqlite3_stmt* s = nullptr;
    if (sqlite3_prepare_v2(db_, (sql + ")").c_str(), -1, &s, nullptr) != SQLITE_OK) failed();
    for (std::size_t i = 0; i < row.size(); ++i) {
      const int at = static_cast<int>(i) + 1;
      if (row[i].is_null()) sqlite3_bind_null(s, at);
      else if (row[i].is_string()) sqlite3_bind_text(s, at, row[i].get_ref<const std::string&>().c_str(), -1, SQLITE_TRANSIENT);
      else sqlite3_bind_int64(s, at, row[i].get<std::int64_t>());
    }
    if (sqlite3_step(s) != SQLITE_DONE) failed();
    sqlite3_finalize(s);
  }
  void keep() {
    if (sqlite3_exec(db_, "COMMIT", nullptr, nullptr, nullptr) != SQLITE_OK) failed();
  }

 private:
  [[noreturn]] void failed() { give_up(sqlite3_errmsg(db_)); }
};

struct Kind {
  const char *type, *tif;
};
Kind kind_of(const std::string& configuration) {
  static const std::map<std::string, Kind> kinds{
      {"market_market_ioc", {"MARKET", "IOC"}},         {"market_market_fok", {"MARKET", "FOK"}},
      {"limit_limit_gtc", {"LIMIT", "GTC"}},            {"limit_limit_gtd", {"LIMIT", "GTD"}},
      {"limit_limit_fok", {"LIMIT", "FOK"}},            {"sor_limit_ioc", {"LIMIT", "IOC"}},
      {"stop_limit_stop_limit_gtc", {"STOP_LIMIT", "GTC"}}, {"stop_limit_stop_limit_gtd", {"STOP_LIMIT", "GTD"}},
      {"trigger_bracket_gtc", {"BRACKET", "GTC"}},      {"trigger_bracket_gtd", {"BRACKET", "GTD"}}};
  const auto it = kinds.find(configuration);
  if (it == kinds.end()) give_up("no such order configuration: " + configuration);
  return it->second;
}

std::string state_of(const std::string& status) {
  if (status == "FILLED" || status == "CANCELLED" || status == "EXPIRED") return status;
  return status == "FAILED" ? "REJECTED" : "OPEN";
}

std::string base(const std::string& product) { return product.substr(0, product.find('-')); }
std::string quote(const std::string& product) { return product.substr(product.find('-') + 1); }

/// The sum of two amounts that are not negative, as plain decimals.
std::string sum(const std::string& a, const std::string& b) {
  const auto split = [](const std::string& t) { return std::pair(t.substr(0, t.find('.')), t.find('.') == t.npos ? "" : t.substr(t.find('.') + 1)); };
  auto [aw, af] = split(a);
  auto [bw, bf] = split(b);
  const std::size_t decimals = std::max(af.size(), bf.size()), whole = std::max(aw.size(), bw.size());
  const auto padded = [&](const std::string& w, const std::string& f) { return std::string(whole - w.size(), '0') + w + f + std::string(decimals - f.size(), '0'); };
  std::string x = padded(aw, af);
  const std::string y = padded(bw, bf);
  int carry = 0;
  for (std::size_t i = x.size(); i-- > 0;) {
    if (x[i] < '0' || x[i] > '9' || y[i] < '0' || y[i] > '9') give_up("no amounts: " + a + ", " + b);
    const int digit = (x[i] - '0') + (y[i] - '0') + carry;
    x[i] = static_cast<char>('0' + digit % 10);
    carry = digit / 10;
  }
  if (carry != 0) x.insert(x.begin(), '1');
  if (decimals > 0) x.insert(x.size() - decimals, 1, '.');
  return x;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) give_up("usage: bowline-venue --dump STATE | crash_venue_book PORTFOLIO FILE.db");
  Book book(argv[2]);
  std::map<std::string, std::pair<std::int64_t, std::string>> orders;  // by the venue's id: number, client id
  std::int64_t amend_no = 0;
  std::string line;
  while (std::getline(std::cin, line)) {
    const Json j = Json::parse(line, nullptr, false);
    if (!j.is_object()) give_up("no JSON object: " + line);
    try {
      if (j.at("portfolio") != argv[1]) continue;
      const std::string what = j.at("kind");
      if (what == "account") {
        book.put("balances", {j.at("currency"), sum(j.at("available"), j.at("hold")), j.at("hold")});
      } else if (what == "order") {
        const std::int64_t no = static_cast<std::int64_t>(orders.size()) + 1;
        orders[j.at("order_id")] = {no, j.at("client_order_id")};
        const auto [type, tif] = kind_of(j.at("configuration"));
        const bool amended = !j.at("edits").empty(), by_quote = j.at("base_size").is_null();
        const std::string product = j.at("product_id"), side = j.at("side");
        const Json qty = by_quote ? Json(nullptr) : j.at("size");
        book.put("orders", {no, j.at("client_order_id"), j.at("order_id"), product, side, type, tif, j.at("post_only").get<bool>() ? 1 : 0, qty, j.at("quote_size"),
                            j.at("limit_price"), j.at("stop_price"), j.at("end_ns"), j.at("created_ns"), j.at("created_ns"), j.at("changed_ns"),
                            state_of(j.at("status")), "", j.at("triggered").get<bool>() ? 1 : 0, j.at("filled_size"), j.at("filled_value"), j.at("total_fees"),
                            side == "BUY" ? quote(product) : base(product), j.at("hold"), j.at("edits").size(), amended ? j.at("base_size") : Json(nullptr),
                            amended ? j.at("asked_limit_price") : Json(nullptr), amended ? j.at("asked_stop_price") : Json(nullptr), j.at("end_ns")});
        for (const Json& e : j.at("edits"))
          book.put("amends", {++amend_no, no, e.at("size"), e.at("price"), j.at("asked_stop_price"), j.at("end_ns"), e.at("accepted_ns")});
      } else if (what == "fill") {
        const auto o = orders.find(j.at("order_id"));
        if (o == orders.end()) give_up("a fill of no order: " + line);
        const std::string product = j.at("product_id");
        book.put("fills", {j.at("entry_id"), o->second.first, o->second.second, j.at("price"), j.at("size"), j.at("value"), j.at("commission"), quote(product),
                           j.at("liquidity"), j.at("time_ns")});
      }
    } catch (const Json::exception& e) {
      give_up(std::string(e.what()) + ": " + line);
    }
  }
  book.keep();
  return 0;
}
