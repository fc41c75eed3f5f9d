// The order book of one product from channel level2: exact, and usable only while nothing of it is known to be missing.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "frame.hpp"
#include "levels.hpp"

namespace bowline::coinbase {

/// waiting: no snapshot yet, one was asked for. live: usable. crossed: bid at or above ask, not usable. lost: something is
/// missing; a snapshot has to be asked for (asked()).
enum class BookState : std::uint8_t { waiting, live, crossed, lost };
enum class BookInput : std::uint8_t { snapshot, update, crossing, gap, overdue, asked };

/// The only places where a book changes state; what has no row changes nothing.
struct BookArrow {
  BookState from;
  BookInput input;
  BookState to;
  std::string_view why;
};
inline constexpr auto book_arrows = std::to_array<BookArrow>({
    {BookState::waiting, BookInput::snapshot, BookState::live, "the whole book"},
    {BookState::waiting, BookInput::gap, BookState::lost, "the snapshot may be what was lost"},
    {BookState::live, BookInput::snapshot, BookState::live, "a new one replaces the old"},
    {BookState::live, BookInput::crossing, BookState::crossed,
     "no market has this: a part of the change is still to come, or was lost"},
    {BookState::live, BookInput::gap, BookState::lost, "a level may have changed unseen"},
    {BookState::live, BookInput::asked, BookState::waiting, "what comes before the snapshot belongs to the old subscription"},
    {BookState::crossed, BookInput::snapshot, BookState::live, "the whole book"},
    {BookState::crossed, BookInput::update, BookState::live, "it came apart again"},
    {BookState::crossed, BookInput::gap, BookState::lost, "a level may have changed unseen"},
    {BookState::crossed, BookInput::overdue, BookState::lost, "it does not come apart: something was lost"},
    {BookState::crossed, BookInput::asked, BookState::waiting, "as above"},
    {BookState::lost, BookInput::snapshot, BookState::live, "the venue sent one unasked"},
    {BookState::lost, BookInput::asked, BookState::waiting, "a snapshot is on its way"},
});

struct BookLevel {
  Decimal price, quantity;
};
/// Top of the book as bl_quote holds it: mantissas with one exponent each (-18..0), a bid or ask of 0 = that side is empty.
struct BookQuote {
  std::int8_t px_exp = 0, qty_exp = 0;
  std::int64_t bid = 0, ask = 0, bid_qty = 0, ask_qty = 0;
  bool operator==(const BookQuote&) const = default;
};
/// A quote of exact amounts, not set = 0; nullopt where no pair of exponents holds them.
std::optional<BookQuote> quote_of(Decimal bid, Decimal bid_qty, Decimal ask, Decimal ask_qty);

/// One product's book. Prices and quantities are 64-bit mantissas under an exponent of the product's, which becomes finer
/// when something finer comes; what no exponent can hold turns the book to Decimal until the next snapshot.
class Book {
 public:
  struct Options {
    std::int8_t px_exp = 0, qty_exp = 0;            ///< start of the exponents, -18..0, e.g. of the product's increments
    std::int64_t crossed_limit_ns = 1'000'000'000;  ///< crossed for longer than this = lost
  };
  Book() = default;
  explicit Book(const Options& options) : options_(options), px_exp_(options.px_exp), qty_exp_(options.qty_exp) {}

  /// One event of a frame: `updates` are its own. In `waiting` and `lost` an update is left out and counted (it says nothing
  /// without its book). `told_ns`: the frame's timestamp; `now_ns`: the caller's clock, for crossed_limit_ns.
  void apply(const BookEvent& event, std::span<const BookUpdate> updates, std::int64_t told_ns, std::int64_t now_ns);
  /// Frames of the connection are missing, or one was refused.
  void gap() { step(BookInput::gap); }
  /// A snapshot has been asked for: the subscription was made, or made anew.
  void asked() { step(BookInput::asked); }
  /// Time has passed: a book that stays crossed is lost. Worth a call whenever anything arrives.
  void tick(std::int64_t now_ns);

  BookState state() const noexcept { return state_; }
  bool usable() const noexcept { return state_ == BookState::live; }
  /// A snapshot has to be asked for.
  bool wants_snapshot() const noexcept { return state_ == BookState::lost; }

  /// The best levels; nullopt while not usable, or where an exact pair of exponents would not fit 64 bits (never of a real
  /// product: it takes 19 digits).
  std::optional<BookQuote> quote() const;
  /// The best `n` levels of a side, best first; none while not usable.
  std::vector<BookLevel> depth(BookSide side, std::size_t n) const;
  /// Levels of a side, usable or not.
  std::size_t size(BookSide side) const noexcept;
  /// Time of the newest change, by the venue's clock (the event's, else the frame's); 0 before the first.
  std::int64_t changed_ns() const noexcept { return changed_ns_; }

  std::uint64_t left_out() const noexcept { return left_out_; }    ///< updates that came while there was no book
  std::uint64_t crossings() const noexcept { return crossings_; }  ///< times that it became crossed
  std::uint64_t losses() const noexcept { return losses_; }        ///< times that it became lost
  bool wide() const noexcept { return std::holds_alternative<Sides<Decimal>>(sides_); }
  std::int8_t px_exp() const noexcept { return px_exp_; }
  std::int8_t qty_exp() const noexcept { return qty_exp_; }

 private:
  template <class T>
  struct Sides {
    Levels<T> bids, asks;
    Levels<T>& of(BookSide s) { return s == BookSide::bid ? bids : asks; }
    const Levels<T>& of(BookSide s) const { return s == BookSide::bid ? bids : asks; }
  };
  using Narrow = Sides<std::int64_t>;
  using Wide = Sides<Decimal>;

  void step(BookInput input);
  void load(std::span<const BookUpdate> updates);
  bool load_narrow(std::span<const BookUpdate> updates);
  void set(const BookUpdate& u);
  bool refine(int px_exp, int qty_exp);
  void widen();
  bool is_crossed() const;

  Options options_{};
  std::variant<Narrow, Wide> sides_;
  BookState state_ = BookState::waiting;
  std::int8_t px_exp_ = 0, qty_exp_ = 0;
  std::int64_t changed_ns_ = 0, crossed_since_ns_ = 0;
  std::uint64_t left_out_ = 0, crossings_ = 0, losses_ = 0;
};

}  // namespace bowline::coinbase
