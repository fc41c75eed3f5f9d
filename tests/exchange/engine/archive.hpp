// Text of a state: values with a blank between them, strings with their length in front, a checksum at the end. One list of fields
// (state.cpp) serves the writer and the reader, so that they can't drift apart.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include <bowline/decimal.hpp>
#include <bowline/result.hpp>

namespace bowline::exchange {

inline constexpr int state_version = 2;

/// FNV-1a, 64 bits.
constexpr std::uint64_t checksum(std::string_view s) noexcept {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (const char c : s) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return h;
}

class Writer {
 public:
  static constexpr bool reads = false;
  template <class T>
  void number(T& x) {
    out_ += std::to_string(x);
    out_ += ' ';
  }
  template <class E>
  void choice(E& e, E) {
    out_ += std::to_string(static_cast<int>(e));
    out_ += ' ';
  }
  void flag(bool& b) { out_ += b ? "1 " : "0 "; }
  void decimal(Decimal& d) {
    if (d.is_set()) d.append_to(out_);
    else out_ += '-';
    out_ += ' ';
  }
  void text(std::string& s) {
    out_ += std::to_string(s.size());
    out_ += ':';
    out_ += s;
    out_ += ' ';
  }
  template <class C, class F>
  void list(C& c, F&& each) {
    std::size_t n = c.size();
    number(n);
    for (auto& x : c) each(x);
    out_.back() = '\n';
  }
  bool good() const { return true; }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

/// Reads what Writer wrote. The first thing that is not as it must be makes it bad; from then on nothing is read and values stay as
/// they were.
class Reader {
 public:
  static constexpr bool reads = true;
  explicit Reader(std::string_view s) : s_(s) {}
  template <class T>
  void number(T& x) {
    if (!good_) return;
    const auto [end, ec] = std::from_chars(s_.data() + at_, s_.data() + s_.size(), x);
    if (ec != std::errc()) return fail();
    at_ = static_cast<std::size_t>(end - s_.data());
    blank();
  }
  template <class E>
  void choice(E& e, E last) {
    int n = 0;
    number(n);
    if (n < 0 || n > static_cast<int>(last)) return fail();
    e = static_cast<E>(n);
  }
  void flag(bool& b) {
    int n = 0;
    number(n);
    if (n != 0 && n != 1) return fail();
    b = n == 1;
  }
  void decimal(Decimal& d) {
    if (!good_) return;
    std::size_t end = at_;
    while (end < s_.size() && s_[end] != ' ' && s_[end] != '\n') ++end;
    const std::string_view t = s_.substr(at_, end - at_);
    const auto x = t == "-" ? Decimal::not_set() : Decimal::try_parse(t);
    if (!x) return fail();
    d = *x;
    at_ = end;
    blank();
  }
  void text(std::string& s) {
    if (!good_) return;
    std::size_t n = 0;
    const auto [end, ec] = std::from_chars(s_.data() + at_, s_.data() + s_.size(), n);
    const auto from = static_cast<std::size_t>(end - s_.data());
    if (ec != std::errc() || from >= s_.size() || s_[from] != ':' || n > s_.size() - from - 1) return fail();
    s.assign(s_.substr(from + 1, n));
    at_ = from + 1 + n;
    blank();
  }
  template <class C, class F>
  void list(C& c, F&& each) {
    std::size_t n = 0;
    number(n);
    if (!good_ || n > s_.size() - at_) return fail();  // an element takes a byte at least: no claim can ask for more memory
    c.clear();
    for (std::size_t i = 0; i < n && good_; ++i) each(c.emplace_back());
  }
  bool good() const { return good_; }
  bool at_end() const { return good_ && at_ == s_.size(); }
  std::size_t at() const { return at_; }

 private:
  void blank() {
    if (at_ < s_.size() && (s_[at_] == ' ' || s_[at_] == '\n')) ++at_;
    else fail();
  }
  void fail() { good_ = false; }
  std::string_view s_;
  std::size_t at_ = 0;
  bool good_ = true;
};

}  // namespace bowline::exchange
