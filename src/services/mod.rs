//! Wire: the gRPC services, thin (parse, call, convert), and the manners they share.
//!
//! Generated types stop here; domain values go in and out through the conversions.
//! Read first: [`pb`], the contract.

pub mod blocking;
pub mod convert;
pub mod manners;
pub mod page;
pub mod pb;
pub mod status;
