package ai.kolm.anonymize;

/**
 * What a piece of text is that may identify somebody. Where two findings of the same length
 * overlap, the one that comes first here wins: what has a checksum before what has only a shape.
 */
public enum EntityClass {
  /** A key of an interface, a token, a private key. */
  SECRET,
  /** An e-mail address. */
  EMAIL,
  /** An address of the web. */
  URL,
  /** An IPv4 or IPv6 address. */
  IP,
  /** A bank account with the check digits of ISO 13616. */
  IBAN,
  /** A payment card with the check digit of ISO/IEC 7812. */
  CARD,
  /** A vehicle with the check digit of 49 CFR 565. */
  VIN,
  /** A registration of the Drug Enforcement Administration. */
  DEA,
  /** A social security number. */
  SSN,
  /** A number of a medical record, patient, encounter or specimen. */
  MRN,
  /** A number of an account, member, policy or other contract. */
  ACCOUNT,
  /** A number of a licence, certificate or passport. */
  LICENCE,
  /** A number of a device. */
  SERIAL,
  /** A licence plate. */
  PLATE,
  /** A room or a bed. */
  ROOM,
  /** A National Provider Identifier. */
  NPI,
  /** A telephone or fax number. */
  PHONE,
  /** A date, except a year alone. */
  DATE,
  /** An age over 89. */
  AGE,
  /** A street address or a post-office box. */
  ADDRESS,
  /** A ZIP code. */
  ZIP,
  /** A town or an institution. */
  PLACE,
  /** A name of a person. */
  NAME
}
