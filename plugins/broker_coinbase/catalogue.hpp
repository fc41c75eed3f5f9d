// The products of this run, as the host numbers them and as the venue describes them.
#pragma once

#include <bowline/services.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coinbase/account_answers.hpp"
#include "coinbase/product_answers.hpp"

namespace bowline::broker_coinbase {

/// What a preview said of stop orders.
enum class Stops : std::uint8_t { not_asked, asked, taken, refused };

struct Listed {
  std::uint32_t instrument = 0, base = 0, quote = 0;  ///< the host's numbers
  std::string symbol;                                 ///< the venue's id of it: "BTC-USD"; a wallet of USDC is another product's
  std::optional<coinbase::Product> product;           ///< none: not read yet, or it could not be read
  Stops stops = Stops::not_asked;
  bool listed = false;                                ///< by the newest list that could be read
  bool other_book = false;                            ///< by it, the product that its data are told under shares another book
};

class Catalogue {
 public:
  /// The host's instruments: 1, 2, ... without holes. [control]
  explicit Catalogue(const Host& host);

  Listed* of(std::uint32_t instrument) noexcept;
  Listed* of(std::string_view product_id) noexcept;
  std::vector<Listed>& all() noexcept { return list_; }
  const std::vector<Listed>& all() const noexcept { return list_; }
  std::vector<std::string> symbols() const;
  bool read() const noexcept { return read_; }  ///< the venue's list was read at least once
  void note_read() noexcept { read_ = true; }

  coinbase::FeeTier fees;  ///< as last told

 private:
  std::vector<Listed> list_;  ///< by instrument; its elements stay where they are: events point at their symbols
  std::map<std::string, std::size_t, std::less<>> by_symbol_;
  bool read_ = false;
};

}  // namespace bowline::broker_coinbase
