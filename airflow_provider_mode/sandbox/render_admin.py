"""Data sources, definitions, members, groups and grants as Mode's JSON."""

from airflow_provider_mode.sandbox.call import Call, Json, link
from airflow_provider_mode.sandbox.clock import stamp
from airflow_provider_mode.sandbox.model import DataSource, Definition, Grant, Group, Member, token_from


def data_source_row(call: Call, source: DataSource) -> Json:
    """A data source."""
    own = f"{call.root}/data_sources/{source.token}"
    return {
        "id": call.id(source.id),
        "token": source.token,
        "name": source.name,
        "display_name": source.name,
        "description": source.description,
        "adapter": source.adapter,
        "database": source.database,
        "host": "warehouse.example.com",
        "port": 443,
        "ssl": True,
        "username": "mode",
        "provider": "default",
        "vendor": source.adapter.partition(":")[2],
        "ldap": False,
        "warehouse": None,
        "bridged": False,
        "adapter_version": "1",
        "custom_attributes": {},
        "public": False,
        "queryable": True,
        "asleep": False,
        "soft_deleted": False,
        "has_expensive_schema_updates": False,
        "default_access_level": "View",
        "account_id": call.id(call.ws.id),
        "account_username": call.ws.name,
        "organization_token": call.ws.token,
        "organization_plan_code": "plus",
        "created_at": stamp(source.created_at),
        "updated_at": stamp(source.created_at),
        "_links": {
            "self": link(own),
            "reports": link(f"{own}/reports"),
            "datasets": link(f"{own}/datasets"),
            "permissions": link(f"{own}/permissions"),
        },
    }


def definition_row(call: Call, definition: Definition) -> Json:
    """A definition; its edit form holds its own id where the data source's belongs, as in Mode."""
    own = f"{call.root}/definitions/{definition.token}"
    return {
        "id": call.id(definition.id),
        "token": definition.token,
        "name": definition.name,
        "description": definition.description,
        "source": definition.source,
        "data_source_id": call.id(call.ws.data_sources[definition.data_source].id),
        "created_at": stamp(definition.created_at),
        "updated_at": stamp(definition.updated_at),
        "last_saved_at": stamp(definition.updated_at),
        "last_successful_sync_at": None,
        "github_link": None,
        "_links": {"self": link(own)},
        "_forms": {
            "edit": {
                "method": "patch",
                "action": own,
                "input": {
                    "definition": {"data_source_id": {"type": "text", "value": call.id(definition.id)}}
                },
            }
        },
    }


def membership_row(call: Call, member: Member) -> Json:
    """A membership of the workspace."""
    return {
        "token": call.ws.membership_token(member),
        "admin": member.admin,
        "state": "active",
        "member_username": member.username,
        "member_token": member.token,
        "activated_at": stamp(member.joined_at),
        "invited": False,
        "managed_by_scim": False,
        "_links": {
            "self": link(f"{call.root}/memberships/{call.ws.membership_token(member)}"),
            "user": link(f"/api/{member.username}"),
        },
    }


def lite_row(_call: Call, member: Member) -> Json:
    """A membership as any member may see it."""
    return {
        "email": member.email,
        "name": member.name,
        "username": member.username,
        "member_token": member.token,
        "state": "active",
        "admin": member.admin,
    }


def group_row(call: Call, group: Group) -> Json:
    """A group."""
    own = f"{call.root}/groups/{group.token}"
    return {
        "token": group.token,
        "id": call.id(int(token_from(group.token), 16) % 100_000),
        "name": group.name,
        "state": "active",
        "group_type": "custom",
        "description": None,
        "managed": False,
        "member_count": len(group.members),
        "spaces_count": 0,
        "data_sources_count": 0,
        "_links": {"self": link(own), "group_memberships": link(f"{own}/memberships")},
    }


def grant_row(call: Call, grant: Grant) -> Json:
    """A permission."""
    return {
        "token": grant.token,
        "action": grant.action,
        "accessor_type": grant.accessor_type,
        "accessor_token": grant.accessor_token,
        "_links": {
            "self": link(f"{call.request.path.partition('/permissions')[0]}/permissions/{grant.token}")
        },
    }


def space_membership_row(call: Call, grant: Grant) -> Json:
    """A membership of a collection."""
    own = f"{call.request.path.partition('/memberships')[0]}/memberships/{grant.token}"
    return {
        "token": grant.token,
        "member_type": grant.accessor_type,
        "member_token": grant.accessor_token,
        "_links": {"self": link(own)},
    }
