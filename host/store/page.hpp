// One page of a list that grows at its newest end: asked for from the newest backwards, told oldest first. The store
// reads pages, and the routes serve them.
#pragma once

#include <charconv>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::store {

/// Where an entry stands in its list: by its time, then by a key that no other entry of that time has.
struct Place {
  std::int64_t time_ns = 0;
  std::string key{};

  auto operator<=>(const Place&) const = default;
  /// "1640995500000000000~bl-0123": what a caller gives back to read on.
  std::string text() const { return std::to_string(time_ns) + "~" + key; }
  /// What text() made; nothing for anything else.
  static std::optional<Place> parse(std::string_view text) {
    const std::size_t border = text.find('~');
    if (border == text.npos || border == 0 || text.front() == '-') return std::nullopt;
    Place p;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + border, p.time_ns);
    if (ec != std::errc{} || end != text.data() + border) return std::nullopt;
    p.key = text.substr(border + 1);
    return p;
  }
};

/// Of the entries that are not older than `since_ns`, fit `only` and stand before `before`: the newest `limit`.
struct PageAsk {
  std::int64_t since_ns = 0;
  std::string only{};  ///< a symbol or an order state; empty: all
  std::optional<Place> before{};
  std::int64_t limit = 100;
};

struct Entry {
  Place at;
  std::string json;
};

struct Page {
  std::vector<Entry> entries{};      ///< oldest first
  bool more = false;                 ///< older entries may fit as well
  std::optional<Place> next{};       ///< with `more`: what to ask for as `before`
};

}  // namespace bowline::store
