// Parts of the configuration that are read apart. Internal to it.
#pragma once

#include "exchange/server/config.hpp"
#include "exchange/server/config_fields.hpp"

namespace bowline::exchange {

/// One entry of `products`: the rules of a product. Its id may be one of the default products, whose rules then stand where none are given;
/// an entry that is a plain text is that product.
void read_product(ConfigSink& sink, const YAML::Node& at, const std::string& path, VenueConfig& c);
void read_market(Fields& f, MarketConfig& m);
void read_engine(Fields& f, Options& o);
void read_face(Fields& f, FaceOptions& o);
void read_gate(Fields& f, GateOptions& o);

}  // namespace bowline::exchange
