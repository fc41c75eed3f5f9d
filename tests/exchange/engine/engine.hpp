// The simulated venue without its wires: products, users, orders, matching, money. Pure logic that is driven by calls which carry
// the time; no clock, no thread, no I/O, no randomness. What an HTTP server says and how is not known here.
//
// The use: add_product(), add_user(), deposit(); then place(), cancel(), edit() as requests come, set_market() and trade_through()
// as the world moves, advance() as time passes (next_due() says when it has to); after each, take_events(). Times are nanoseconds
// since 1970 and never step back: an earlier one counts as the latest that was given. Each call first does what was due before its
// moment. One thread.
#pragma once

#include <deque>
#include <set>
#include <span>
#include <unordered_map>

#include "answers.hpp"
#include "ids.hpp"
#include "stops.hpp"

namespace bowline::exchange {

class Engine {
 public:
  explicit Engine(const Options& options = {});

  // ---- the venue -------------------------------------------------------------------------------------------------------------
  /// PRODUCT_INVALID, PRODUCT_EXISTS, or PRODUCT_ALIAS_UNKNOWN when its alias is not there yet, is an alias itself or has another
  /// base.
  Result<void> add_product(const Product& product);
  /// Changes flags. A product that matches again first matches what crosses by now. PRODUCT_UNKNOWN.
  Result<void> set_flags(std::string_view product, const ProductFlags& flags, std::int64_t now_ns);
  /// A new user (portfolio) of an owner. RATES_INVALID unless usable().
  Result<UserId> add_user(std::string_view owner, const FeeRates& rates, std::int64_t now_ns);
  /// The rates of orders that are accepted from now on. USER_UNKNOWN, RATES_INVALID.
  Result<void> set_rates(UserId user, const FeeRates& rates);
  /// Money comes in, or leaves. USER_UNKNOWN, AMOUNT_INVALID (not above zero, more than 16 decimals, too large), and for a withdrawal
  /// AMOUNT_NOT_AVAILABLE.
  Result<void> deposit(UserId user, std::string_view currency, const Decimal& amount, std::int64_t now_ns);
  Result<void> withdraw(UserId user, std::string_view currency, const Decimal& amount, std::int64_t now_ns);

  // ---- orders ----------------------------------------------------------------------------------------------------------------
  /// Takes an order, or refuses it; a user that is not there is refused with invalid_request. What a client_order_id has made is
  /// answered for its repeats, whatever they ask for.
  Placed place(UserId user, const OrderRequest& request, std::int64_t now_ns);
  /// What place() would say of a request, and what it would come to. Its client_order_id is not looked at. Changes nothing.
  Preview preview(UserId user, const OrderRequest& request, std::int64_t now_ns);
  /// Asks for orders to be cancelled; one answer for each id, in their order.
  std::vector<CancelAnswer> cancel(UserId user, std::span<const std::string> order_ids, std::int64_t now_ns);
  /// Changes an open GTC order. A larger size or another price puts it behind all others of its price; a smaller size does not.
  /// What would leave nothing to trade (a size not above what is filled) is refused. With edit_ns it has its effect later, if it is still
  /// possible then; if not, the order stays as it was.
  EditAnswer edit(UserId user, const EditRequest& request, std::int64_t now_ns);
  /// What edit() would say, and what the order would come to as edited. Changes nothing.
  std::pair<EditAnswer, Preview> preview_edit(UserId user, const EditRequest& request, std::int64_t now_ns);

  // ---- the world -------------------------------------------------------------------------------------------------------------
  /// Replaces what the market from outside offers in the book of a product, best first or not. Resting orders that it crosses are
  /// filled as makers at their own price; it stands behind the orders of its price. `last`, when set, is taken as the last trade,
  /// without a print. PRODUCT_UNKNOWN, MARKET_INVALID (sizes or prices that can't be used, a price twice, bid not below ask).
  Result<void> set_market(std::string_view product, const std::vector<LevelView>& bids, const std::vector<LevelView>& asks,
                          const Decimal& last, std::int64_t now_ns);
  /// Somewhere `size` traded at `price`: resting bids above and asks below it are filled, by priority, each at its own price, until
  /// the size is used up; what is left of it is printed. A size that is not_set fills all that is crossed and prints only that.
  /// PRODUCT_UNKNOWN, MARKET_INVALID.
  Result<void> trade_through(std::string_view product, const Decimal& price, const Decimal& size, std::int64_t now_ns);
  /// Does all that is due up to and including this moment.
  void advance(std::int64_t now_ns);
  /// The next moment at which something is due; `forever` = none.
  std::int64_t next_due() const noexcept;
  std::int64_t now() const noexcept { return now_ns_; }

  // ---- questions -------------------------------------------------------------------------------------------------------------
  // Answers hold pointers that are valid until the next call above. An order shows from visible_ns on, a fill from listed_ns on.
  const Order* order(UserId user, std::string_view order_id) const;
  const Order* order_by_client_id(UserId user, std::string_view client_order_id) const;
  /// Any order that exists, shown or not; for a server that has its number from an answer or an event. Ends the process when there
  /// is none.
  const Order& order(OrderNo number) const;
  OrderPage orders(const OrderFilter& filter) const;
  FillPage fills(const FillFilter& filter) const;
  std::vector<AccountView> accounts(UserId user) const;
  const std::vector<Product>& products() const noexcept { return products_; }
  /// The number of a product, as events bear it.
  std::optional<std::uint32_t> product_number(std::string_view id) const;
  /// The number of the product whose book this one uses: itself, or its alias.
  std::uint32_t book_of(std::uint32_t product) const { return book_number_.at(product); }
  Result<BookView> book(std::string_view product, std::size_t limit) const;
  /// The last trades of a product's book, newest first; up to 1,000 are kept.
  Result<std::vector<TradePrinted>> trades(std::string_view product, std::size_t limit) const;
  const User* user(UserId user) const;
  std::uint32_t users() const noexcept { return static_cast<std::uint32_t>(users_.size()); }  ///< numbers below it may be users
  std::string id(UserId user) const { return ids_.text(IdKind::user, user.n); }
  std::string order_id(OrderNo number) const { return ids_.text(IdKind::order, number); }
  std::string fill_id(const Fill& fill) const { return ids_.text(IdKind::fill, fill.number); }
  std::string trade_id(const Fill& fill) const { return ids_.text(IdKind::trade, fill.trade); }
  const Options& options() const noexcept { return options_; }
  const Accounts& ledger() const noexcept { return accounts_; }
  /// All fills, listed or not, in the order of their numbers: for who keeps books on the venue, not for its clients.
  const std::deque<Fill>& all_fills() const noexcept { return fills_; }

  /// Moves what happened since the last call behind what is in `to`.
  void take_events(std::vector<Event>& to);

  // ---- state -----------------------------------------------------------------------------------------------------------------
  /// All of it as text, but for options (how it behaves is the next run's business, save for the seed of the ids) and events that
  /// were not taken yet.
  std::string save() const;
  /// An engine as it was saved. STATE_MALFORMED (with where), STATE_VERSION, STATE_UNSOUND (its sums don't fit each other). The seed
  /// of the ids is that of the state.
  static Result<Engine> load(std::string_view state, const Options& options);
  /// From now on each call that may change something is written behind what is in `calls`, as text, before it is done; nullptr: no
  /// more. It is borrowed. Questions and advance() are not written: what they do follows from the times of the calls.
  void write_calls(std::string* calls) noexcept { calls_ = calls; }
  /// Does again what was written. The same calls on the same state, with the same options, make the same state, but for the time since
  /// the last of them. CALLS_MALFORMED (with where; what stands before it is done).
  Result<void> replay(std::string_view calls);

  /// That the books, the orders and the money fit each other: sums are zero, holds are what open orders need, no book is crossed,
  /// nothing is filled beyond its size. UNBALANCED or UNSOUND. Walks everything: for tests, and for a state that is read back.
  Result<void> audit() const;

 private:
  struct Market {  ///< one book and what belongs to it; of an alias nothing is used
    Book book;
    Stops stops;
    Decimal last = Decimal::not_set(), low = Decimal::not_set(), high = Decimal::not_set();  ///< low, high: since stops were looked at
    std::deque<TradePrinted> prints;
  };
  struct Judged {
    Refusal refusal = Refusal::none;
    Decimal size{}, hold{};
    Currency pays = 0;
  };
  enum class Due : std::uint8_t { arrive, edit, cancel, expire };  ///< in the order in which they are done at one moment
  struct Timer {
    std::int64_t at_ns;
    Due what;
    OrderNo order;
    auto operator<=>(const Timer&) const = default;
  };
  /// What one step of a match moves.
  struct Cut {
    Decimal size{}, value{};
    bool last = false;  ///< all that an order by quote_size had to spend is spent
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
  };
  template <class T>
  using ByText = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;  ///< never walked

  // engine.cpp
  Order& at(OrderNo n) { return orders_[n - 1]; }
  const Order& at(OrderNo n) const { return orders_[n - 1]; }
  Market& market_of(const Order& o) { return markets_[book_number_[o.product]]; }
  bool matching(std::uint32_t product) const { return products_[book_number_[product]].flags.matching(); }
  Currency pays(Side side, std::uint32_t product) const { return side == Side::buy ? quote_[product] : base_[product]; }
  void emit(std::variant<OrderChanged, TradePrinted, LevelChanged, ProductChanged> what);
  void changed(Order& o);
  void finish(std::uint32_t book);
  void due(const Timer& timer);
  void keep_timers(const Order& o);
  std::string client_key(UserId user, std::string_view client_id) const;

  // engine_judge.cpp: what is refused, and what is set aside
  Judged judge(UserId user, const OrderRequest& r) const;
  Refusal judge_state(const OrderRequest& r, std::uint32_t product) const;
  Refusal judge_shape(const OrderRequest& r) const;
  Refusal judge_sizes(const OrderRequest& r, const Product& p, Decimal& size) const;
  Refusal judge_prices(const OrderRequest& r, const Product& p, const Decimal& last) const;
  Refusal judge_stop(const OrderRequest& r, const Decimal& last) const;
  Refusal judge_worth(const Product& p, const Decimal& size, const Decimal& price) const;
  bool would_take(std::uint32_t product, Side side, const Decimal& price) const;
  Decimal through(Side side, const Product& p, const Decimal& trigger) const;
  Decimal work_price(const Order& o) const;
  Decimal worst_price(const Order& o) const;
  Decimal need(const Order& o) const;
  std::optional<Decimal> sweep_cost(std::uint32_t product, const Decimal& size, const Decimal& rate) const;
  Preview figures(const OrderRequest& r, std::uint32_t product, const Decimal& size, const Decimal& filled, const FeeRates& rates) const;

  // engine_match.cpp
  void arrive(Order& o);
  void enter(Order& o);
  void rest(Order& o);
  void unrest(Order& o);
  void take(Order& o);
  bool fillable_whole(const Order& o) const;
  Cut cut(const Order& taker, const Decimal& offered, const Decimal& price) const;
  bool same_trader(const Order& a, const Order& b) const;
  void trade(std::uint32_t book, Order* taker, Order* maker, Side maker_side, const Decimal& price, const Cut& cut);
  void book_fill(Order& o, const Cut& cut, const Decimal& price, const Decimal& fee, Liquidity liquidity, std::uint64_t trade);
  Decimal commission(const Order& o, const Cut& cut, const Decimal& price, Liquidity liquidity) const;
  void rehold(Order& o);
  void end(Order& o, Status status, EndNote note);
  void uncross(std::uint32_t book);
  bool prevented(Order& newer, Order& older);
  void trigger_stops(std::uint32_t book);
  void print(std::uint32_t book, std::uint64_t trade, const Decimal& price, const Decimal& size, Side maker);
  void saw_price(Market& m, const Decimal& price);

  // engine_edit.cpp
  EditAnswer judge_edit(UserId user, const EditRequest& r, Decimal& hold) const;
  void apply_edit(Order& o, const EditRequest& r, const Decimal& hold);
  void queued_edit_due(Order& o);

  // engine_query.cpp
  bool shows(const Order& o) const noexcept { return Options::after(o.created_ns, options_.visible_ns) <= now_ns_; }
  const Order* own(UserId user, std::string_view order_id) const;

  // calls.cpp
  struct Call;
  void write(Call& call);
  void note_product(const Product& p);
  void note_flags(std::string_view product, const ProductFlags& flags, std::int64_t now_ns);
  void note_user(std::string_view owner, const FeeRates& rates, std::int64_t now_ns);
  void note_rates(UserId u, const FeeRates& rates);
  void note_money(bool in, UserId u, std::string_view currency, const Decimal& amount, std::int64_t now_ns);
  void note_place(UserId u, const OrderRequest& r, std::int64_t now_ns);
  void note_cancel(UserId u, std::span<const std::string> ids, std::int64_t now_ns);
  void note_edit(UserId u, const EditRequest& r, std::int64_t now_ns);
  void note_market(std::string_view product, const std::vector<LevelView>& bids, const std::vector<LevelView>& asks, const Decimal& last,
                   std::int64_t now_ns);
  void note_trade(std::string_view product, const Decimal& price, const Decimal& size, std::int64_t now_ns);

  // state.cpp
  struct Archive;
  Result<void> rebuild();
  Result<void> check_references() const;

  Options options_;
  Ids ids_;
  std::int64_t now_ns_ = 0;
  std::uint64_t sequence_ = 0, places_ = 0, trades_ = 0;
  std::vector<Product> products_;
  std::vector<std::uint32_t> book_number_;  ///< by product
  std::vector<Currency> base_, quote_;      ///< by product
  std::vector<Market> markets_;             ///< by product
  ByText<std::uint32_t> product_by_id_;
  Accounts accounts_;
  std::vector<User> users_;  ///< by UserId; the venue's own rows are empty
  std::deque<Order> orders_;  ///< by number - 1
  std::deque<Fill> fills_;    ///< by number - 1
  ByText<OrderNo> by_client_id_;
  std::vector<std::vector<OrderNo>> orders_of_;       ///< by user
  std::vector<std::vector<std::uint64_t>> fills_of_;  ///< by user: fill numbers
  std::vector<std::set<OrderNo>> open_of_;            ///< by user: what is not final
  std::set<Timer> timers_;
  std::vector<Event> events_;
  std::string* calls_ = nullptr;
};

}  // namespace bowline::exchange
