"""What the wallet takes and answers over REST, as JSON: one class per body, answer and part of one.

Amounts are texts of whole credits, for other languages cannot hold so large numbers; keys and ids are base64url;
times are RFC 3339 in UTC. A body with a field that it does not have is refused, so that a slip of the pen is noticed.
"""
